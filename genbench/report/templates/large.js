// A picture opens large in a dialog, which Escape, its button and a press beside it close. Few samples lead to many.
const large = document.getElementById("large");
const closeUp = large.querySelector("img");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.larger");
  if (event.target === large) large.close();
  if (!button) return;
  const many = button.closest("tr.row")?.nextElementSibling.querySelector(".grid img");
  const picture = many ?? button.querySelector("img");
  for (const name of ["src", "alt", "width", "height"]) closeUp[name] = picture[name];
  closeUp.style.setProperty("--ratio", picture.width / picture.height);
  large.querySelector("p").textContent = picture.closest("figure").querySelector("figcaption")?.textContent ?? picture.alt;
  large.showModal();
});

