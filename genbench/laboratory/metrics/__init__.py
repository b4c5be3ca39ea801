"""When do the numbers lie? What each metric says of images spoilt on purpose, of few images, under other rulers."""
