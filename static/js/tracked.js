// MLflow's client prints addresses like #/experiments/1/runs/ID; the run's page is ours.
const place = document.querySelector("[data-tracked]");
const run = location.hash.match(/\/runs\/([0-9a-f]{32})/);
if (place && run) location.replace(place.dataset.tracked + run[1] + "/");
