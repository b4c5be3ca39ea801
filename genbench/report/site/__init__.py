"""`genbench site`: every report as one static site, for any host of files and for file://."""
