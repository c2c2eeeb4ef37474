// The chart of the first page: documents an hour, and submissions that failed on top of them.

const place = document.querySelector("[data-chart]");
if (place) {
  const told = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  let chart = draw(place, told);
  // Colours belong to the theme, which a press changes.
  new MutationObserver(() => {
    chart.destroy();
    chart = draw(place, told);
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
}

function draw(place, told) {
  const dark = document.documentElement.classList.contains("dark");
  const [ink, line] = dark ? ["#d4d4d8", "#3f3f46"] : ["#3f3f46", "#e4e4e7"];
  const datasets = [
    { label: place.dataset.documents, data: told.documents, stack: "all", backgroundColor: dark ? "#60a5fa" : "#1d4ed8" },
  ];
  if (told.failures) {
    // Hollow besides red, so that it is not colour alone that tells them apart.
    const red = dark ? "#f87171" : "#b91c1c";
    datasets.push({
      label: place.dataset.failures, data: told.failures, stack: "all", backgroundColor: "transparent", borderColor: red, borderWidth: 2,
    });
  }
  return new Chart(place.querySelector("canvas"), {
    type: "bar",
    data: { labels: told.hours.map((hour) => hour.slice(5, 16).replace("T", " ")), datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { color: ink, maxTicksLimit: 9, maxRotation: 0 } },
        y: { stacked: true, beginAtZero: true, grid: { color: line }, ticks: { color: ink, precision: 0, maxTicksLimit: 5 } },
      },
      plugins: { legend: { display: Boolean(told.failures), position: "bottom", labels: { color: ink } } },
    },
  });
}
