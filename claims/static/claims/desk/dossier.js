// The pages of a dossier: the range chart of a toll, and the lines of one box in the drawing of who cites whom.

// Colours that differ in lightness as well (after Okabe and Ito), for a light and for a dark ground.
const COLOURS = {
  light: ["#005a8f", "#b34700", "#00704f", "#7b2d8e", "#8a5a00", "#444444", "#a3195b", "#1f6f8b"],
  dark: ["#7cc4f2", "#ffab66", "#5fd6ae", "#dda0ec", "#f0cf65", "#d4d4d4", "#ff8fc0", "#8fe0f5"],
};

/** Draws what goes from low to high through each mark; an arrow where no bound is given. */
const ranges = {
  id: "ranges",
  beforeDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    chart.data.datasets.forEach((series, index) => {
      if (!chart.isDatasetVisible(index)) return;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = series.borderColor;
      ctx.lineWidth = 2;
      for (const figure of series.data) drawRange(ctx, scales.x.getPixelForValue(figure.x), figure, scales.y);
      ctx.restore();
    });
  },
};

function drawRange(ctx, x, figure, y) {
  const low = y.getPixelForValue(figure.low);
  const high = y.getPixelForValue(figure.high);
  const above = figure.open === "above";
  const below = figure.open === "below";
  const top = above ? high - 26 : high;
  const bottom = below ? low + 26 : low;
  if (top === bottom) return;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  if (!above) ctx.moveTo(x - 5, top), ctx.lineTo(x + 5, top);
  if (!below) ctx.moveTo(x - 5, bottom), ctx.lineTo(x + 5, bottom);
  ctx.stroke();
  if (above) arrow(ctx, x, top, 7);
  if (below) arrow(ctx, x, bottom, -7);
}

function arrow(ctx, x, y, back) {
  ctx.beginPath();
  ctx.moveTo(x, y - back);
  ctx.lineTo(x - 5, y + back / 4);
  ctx.lineTo(x + 5, y + back / 4);
  ctx.fill();
}

const day = (moment) => new Date(moment).toISOString().slice(0, 10);
const minute = (moment) => new Date(moment).toISOString().slice(0, 16).replace("T", " ");

const HOUR = 3600 * 1000;

/** Where time begins and ends, and at which whole hours or days it is written; by the hour up to three days. */
function timeAxis(times) {
  const first = Math.min(...times);
  const last = Math.max(...times);
  const unit = last - first > 72 * HOUR ? 24 * HOUR : HOUR;
  const step = unit * Math.max(1, Math.ceil((last - first) / unit / 7));
  return {
    from: Math.floor((first - step / 4) / step) * step,
    until: Math.ceil((last + step / 4) / step) * step,
    step,
    words: unit === HOUR ? minute : day,
  };
}

function datasets(told, dark) {
  const colours = COLOURS[dark ? "dark" : "light"];
  return told.map((series) => {
    const colour = colours[series.colour];
    return {
      label: series.source,
      data: series.figures,
      parsing: false,
      showLine: series.figures.length > 1,
      borderColor: colour,
      borderWidth: 1,
      borderDash: [3, 4],
      pointStyle: series.marker,
      pointRadius: 7,
      pointHoverRadius: 9,
      pointBorderWidth: 2,
      pointBorderColor: colour,
      pointBackgroundColor: series.figures.map((figure) => (figure.best ? colour : "transparent")),
    };
  });
}

function options(dark, figures) {
  const text = dark ? "#d4d4d8" : "#3f3f46";
  const grid = dark ? "#3f3f46" : "#e4e4e7";
  const { from, until, step, words } = timeAxis(figures.map((figure) => figure.x));
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    scales: {
      x: {
        type: "linear",
        min: from,
        max: until,
        ticks: { color: text, stepSize: step, callback: words, maxRotation: 40, autoSkipPadding: 16 },
        grid: { color: grid },
      },
      y: { beginAtZero: true, grace: "12%", ticks: { color: text, precision: 0 }, grid: { color: grid } },
    },
    plugins: {
      legend: { display: true, position: "bottom", align: "start", labels: { color: text, usePointStyle: true, padding: 14 } },
      tooltip: {
        callbacks: {
          title: (items) => minute(items[0].raw.x),
          label: (item) => `${item.dataset.label}: ${item.raw.told}`,
        },
      },
    },
  };
}

function drawChart() {
  const place = document.getElementById("toll-chart");
  const data = document.getElementById("toll-data");
  if (!place || !data) return;
  const told = JSON.parse(data.textContent);
  const figures = told.flatMap((series) => series.figures);
  if (!figures.length) return;
  const isDark = () => document.documentElement.classList.contains("dark");
  const chart = new window.Chart(place, {
    type: "scatter",
    data: { datasets: datasets(told, isDark()) },
    options: options(isDark(), figures),
    plugins: [ranges],
  });
  new MutationObserver(() => {
    chart.data.datasets = datasets(told, isDark());
    chart.options = options(isDark(), figures);
    chart.update();
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
}

/** Only the lines of the box that is looked at stay dark. */
function followNodes() {
  const lines = [...document.querySelectorAll(".ds-line[data-citing]")];
  const show = (key) => {
    for (const line of lines) {
      const { citing, cited } = line.dataset;
      line.classList.toggle("ds-faded", key !== undefined && citing !== key && cited !== key);
    }
  };
  for (const node of document.querySelectorAll(".ds-node")) {
    for (const begins of ["mouseenter", "focus"]) node.addEventListener(begins, () => show(node.dataset.key));
    for (const ends of ["mouseleave", "blur"]) node.addEventListener(ends, () => show(undefined));
  }
}

drawChart();
followNodes();
