// What pages do beyond forms and links. Every page works without it.
"use strict";

// Say to those who do not see the screen what just changed.
const announce = (text) => {
  document.getElementById("status").textContent = text;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const source = document.getElementById(button.dataset.copy);
  const done = () => announce(button.dataset.done);
  const select = () => { source.focus(); source.select(); };
  if (navigator.clipboard) navigator.clipboard.writeText(source.value).then(done, select);
  else select();
});

// A new result: the reader goes on at its beginning.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "main") document.getElementById("main").focus();
});

// A file dropped anywhere on the field is the file that was chosen; the form goes off at once.
const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    const field = document.querySelector("[data-drop]");
    if (!field || !carriesFiles(event)) return;
    event.preventDefault();
    field.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.querySelector("[data-drop]")?.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  const field = document.querySelector("[data-drop]");
  if (!field || !carriesFiles(event)) return;
  event.preventDefault();
  field.classList.remove("over");
  const input = field.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  input.form.requestSubmit();
});
