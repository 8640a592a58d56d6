// Draws each diagram of the page, and marks where the dossier stands and what is done.
//
//   <figure data-diagram="/dossiers/…/model/main" data-current="id id" data-done="id id" tabindex="0">
//
// bpmn.io's watermark stays where bpmn-js puts it, as its licence asks.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";

const ids = (text) => (text ?? "").split(" ").filter(Boolean);

async function draw(figure) {
  const canvasHost = figure.querySelector(".diagram-canvas");
  const status = figure.querySelector(".diagram-status");
  figure.dataset.drawn = "drawing";
  try {
    const response = await fetch(figure.dataset.diagram, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const viewer = new NavigatedViewer({ container: canvasHost });
    await viewer.importXML(await response.text());
    const canvas = viewer.get("canvas");
    const registry = viewer.get("elementRegistry");
    const mark = (names, marker) => names.filter((id) => registry.get(id)).forEach((id) => canvas.addMarker(id, marker));
    mark(ids(figure.dataset.done), "is-done");
    mark(ids(figure.dataset.current), "is-current");
    fit(canvas);
    for (const button of figure.querySelectorAll("[data-zoom]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const step = Number(button.dataset.zoom);
        if (step === 0) fit(canvas);
        else canvas.zoom(canvas.zoom() * step);
      });
    }
    status.remove();
    figure.dataset.drawn = "yes";
  } catch (problem) {
    status.textContent = `${status.dataset.failed} (${problem.message})`;
    figure.dataset.drawn = "no";
  }
}

function fit(canvas) {
  canvas.zoom("fit-viewport", "auto");
}

// A diagram inside a closed <details> has no size yet; it is drawn when it is first opened.
for (const figure of document.querySelectorAll("[data-diagram]")) {
  const folded = figure.closest("details:not([open])");
  if (folded) folded.addEventListener("toggle", () => draw(figure), { once: true });
  else draw(figure);
}
