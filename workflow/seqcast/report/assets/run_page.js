// The page of a run: shows one section at a time, the table of alleles, and the view of one allele.
// Texts of users reach the document as text, never as markup.
(() => {
"use strict";

const byId = (id) => document.getElementById(id);
const CHOICES = ["dataset", "model", "status", "region", "consequence"];
const NARROW = matchMedia("(max-width: 60rem)");
let data, rows, table, shownAllele;

// ---- data ----

async function unpacked(id) {
  const coded = atob(byId(id).textContent.trim());
  const bytes = new Uint8Array(coded.length);
  for (let i = 0; i < coded.length; i++) bytes[i] = coded.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function rowsOf({columns, values, texts, length}) {
  const fields = columns.map((column) => column.field);
  const found = new Array(length);
  for (let i = 0; i < length; i++) {
    const row = {id: i};
    for (const field of fields) {
      const value = values[field][i];
      row[field] = texts[field] ? texts[field][value] : value;
    }
    found[i] = row;
  }
  return found;
}

const SEARCHED = ["variant", "place", "change", "gene", "gene_id", "strongest_track", "status",
                  "region", "consequence"];

function searchText(row) {
  return row.text ??= SEARCHED.map((field) => row[field] ?? "").join("\t").toLowerCase();
}

// What is searched is made ahead while nothing else is done, so that the first key is as fast as others.
function prepareSearch(from = 0) {
  const until = Math.min(from + 5000, rows.length);
  for (let i = from; i < until; i++) searchText(rows[i]);
  if (until < rows.length) (window.requestIdleCallback ?? setTimeout)(() => prepareSearch(until));
}

// ---- words ----

const number = (value) => value === null || value === undefined ? ""
  : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-GB").replace("-", "−")
  : String(Number(value.toPrecision(3))).replace("-", "−");
const signed = (value) => (value > 0 ? "+" : "") + number(value);
const WRITTEN = {number, signed, whole: (value) => value === null || value === undefined ? ""
  : value.toLocaleString("en-GB").replace("-", "−")};

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// ---- sections ----

function parsed() {
  const [target, query = ""] = location.hash.slice(1).split("?");
  return [decodeURIComponent(target) || "overview", new URLSearchParams(query)];
}

async function show() {
  const [target, query] = parsed();
  const [name, detail] = target.split("/");
  const anchor = byId(detail === undefined ? target : name) ?? byId("overview");
  const section = anchor.closest("section.page") ?? byId("overview");
  for (const one of document.querySelectorAll("section.page")) one.classList.toggle("shown", one === section);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${section.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (NARROW.matches) byId("menu").open = false;
  if (section.id === "variants") await showVariants(query);
  if (section.id === "variant") await showVariant(Number(detail));
  const title = section.querySelector("h1");
  document.title = `${title.textContent.trim()} · ${document.body.dataset.run}`;
  if (anchor === section) scrollTo(0, 0);
  else anchor.scrollIntoView();
  if (show.again) { title.tabIndex = -1; title.focus({preventScroll: true}); }
  show.again = true;
}

// ---- table of alleles ----

function columnOf({field, title, kind, meaning}) {
  const made = {field, title, titleDownload: field, headerTooltip: meaning, tooltip: true,
                minWidth: kind === "text" ? 110 : 80, maxInitialWidth: 260};
  if (field === "variant") return {...made, formatter: linked, minWidth: 150, frozen: !NARROW.matches};
  if (WRITTEN[kind]) {
    const write = WRITTEN[kind];
    return {...made, hozAlign: "right", headerHozAlign: "right", sorter: "number",
            sorterParams: {alignEmptyValues: "bottom"}, formatter: (cell) => write(cell.getValue())};
  }
  return {...made, sorter: "string"};
}

function linked(cell) {
  const row = cell.getData();
  const text = row.variant || `${row.alleles} ALT alleles`;
  return element("a", {href: `#variant/${row.id}`, textContent: text, title: text});
}

const PLACE = /^(\S+?):([\d,]+)(?:-([\d,]+))?$/;

function wanted() {
  const text = byId("search").value.trim().toLowerCase();
  const place = PLACE.exec(text);
  const low = place && Number(place[2].replaceAll(",", ""));
  const high = place && (place[3] ? Number(place[3].replaceAll(",", "")) : low);
  const words = place ? [] : text.split(/\s+/).filter(Boolean);
  const least = Number(byId("least").value) || 0;
  const sign = byId("sign").value;
  const chosen = CHOICES.filter((field) => byId(`choose-${field}`)?.value)
    .map((field) => [field, byId(`choose-${field}`).value]);
  return (row) => {
    for (const [field, value] of chosen) if (row[field] !== value) return false;
    if (least && !(Math.abs(row.effect) >= least)) return false;
    if (sign === "up" && !(row.effect > 0) || sign === "down" && !(row.effect < 0)) return false;
    if (place) {
      const colon = row.place.lastIndexOf(":"), at = Number(row.place.slice(colon + 1));
      if (row.place.slice(0, colon).toLowerCase() !== place[1] || at < low || at > high) return false;
    }
    const found = words.length ? searchText(row) : "";
    return words.every((word) => found.includes(word));
  };
}

function filter() {
  table.setFilter(wanted());
  tellCount();
}

function tellCount() {
  const shown = table.getDataCount("active");
  byId("count").textContent = `${shown.toLocaleString("en-GB")} of ${rows.length.toLocaleString("en-GB")} rows`;
}

async function showVariants(query) {
  if (!table) await makeTable();
  for (const [field, value] of query) {
    const control = byId(`choose-${field}`);
    if (control) control.value = value;
  }
  if ([...query].length) filter();
  table.redraw();
}

function makeTable() {
  for (const field of CHOICES) {
    const column = data.table.columns.find((one) => one.field === field);
    if (!column || data.table.texts[field].length < 2) continue;
    const select = element("select", {id: `choose-${field}`, onchange: filter},
      element("option", {value: "", textContent: "all"}),
      ...data.table.texts[field].filter(Boolean).sort().map((text) => element("option", {value: text, textContent: text})));
    byId("choices").append(element("label", {}, column.title, select));
  }
  byId("search").addEventListener("input", filter);
  byId("least").addEventListener("input", filter);
  byId("sign").addEventListener("change", filter);
  byId("download").addEventListener("click", () =>
    table.download("csv", "variants.tsv", {delimiter: "\t", bom: false}, "active"));
  table = new Tabulator("#alleles", {
    data: rows, columns: data.table.columns.map(columnOf), index: "id", height: "70vh", renderVerticalBuffer: 60,
    layout: "fitDataFill", placeholder: "No row fits the filters.", movableColumns: true,
    columnHeaderSortMulti: true, autoResize: true, debugInvalidOptions: false,
  });
  return new Promise((resolve) => table.on("tableBuilt", () => { tellCount(); named(); sortable(); prepareSearch(); resolve(); }));
}

// Regions that scroll are reached by keyboard, and have a name.
function reachable() {
  for (const one of document.querySelectorAll(".scroll")) {
    one.tabIndex = 0;
    one.setAttribute("role", "region");
    one.setAttribute("aria-label", "table");
  }
}

// What scrolls is reached by keyboard; its role is that of what it holds, rows alone.
function named() {
  document.querySelector(".tabulator-tableholder").setAttribute("role", "rowgroup");
  document.querySelector(".tabulator-table").setAttribute("role", "presentation");
}

// Titles of columns are reached by keyboard, and sort by Enter.
function sortable() {
  for (const title of document.querySelectorAll(".tabulator-col")) {
    title.tabIndex = 0;
    title.addEventListener("keydown", (event) => { if (event.key === "Enter") title.click(); });
  }
}

// ---- one allele ----

const PLAIN = ["variant", "place", "change", "alleles"];

async function showVariant(id) {
  const row = rows[id];
  const title = byId("variant-title"), body = byId("variant-body");
  if (!row || shownAllele === id) { if (!row) title.textContent = "No such variant"; return; }
  shownAllele = id;
  title.textContent = row.variant || `${row.alleles} ALT alleles`;
  const details = data.details[id] ?? {};
  body.replaceChildren(...warnings(row), facts(row), ...links(row), ...allelesTable(id), ...figures(id), ...lives(details),
    ...mapFigure(details), ...models(details));
  const view = data.views[id];
  if (view) await draw(view);
  if (details.map) await drawMap(details.map, row);
  reachable();
}

// Columns that one line says together, in the line of the first of them.
const TOLD = {
  effect: ({effect, fold_sd, fold_sign, low, high}) => [signed(effect),
    fold_sd == null ? "" : `SD over folds ${number(fold_sd)}`,
    fold_sign === "agreed" ? "folds agree about the sign" : fold_sign === "open" ? "folds disagree about the sign" : "",
    low == null ? "" : `90 % interval of the true effect ${signed(low)} to ${signed(high)}`].filter(Boolean).join("; "),
  percentile: ({percentile, nulls, null_class}) =>
    `${isBeyond(percentile, nulls) ? `larger than all ${nulls} nulls of its class, so above ${number(percentile)}`
      : nulls == null ? number(percentile) : `${number(percentile)}, of ${nulls} nulls of its class`}${null_class ? ` (${null_class})` : ""}`,
  ref_level: ({ref_level, alt_level}) => `${number(ref_level)} with REF, ${number(alt_level)} with ALT`,
  ref_half_life_h: ({ref_half_life_h: ref, alt_half_life_h: alt}) => `${number(ref)} h with REF, ${number(alt)} h with ALT`,
  strongest_track: ({strongest_track, strongest_value}) => `${strongest_track} (${signed(strongest_value)})`,
};
const TITLES = {ref_level: "Level", ref_half_life_h: "Half-life"};
const TOGETHER = ["fold_sd", "fold_sign", "low", "high", "nulls", "null_class", "alt_level", "alt_half_life_h",
                  "delta_log2_half_life", "strongest_value", "size"];

// No null is as large: the percentile, 100 x nulls below / (nulls + 1), is the highest that there can be.
const isBeyond = (percentile, nulls) => nulls != null && Math.round(percentile * (nulls + 1) / 100) === nulls;

function facts(row) {
  const list = element("dl", {className: "facts"});
  for (const {field, title, kind, meaning} of data.table.columns) {
    const value = row[field];
    if (value == null || value === "" || field === "variant" || TOGETHER.includes(field)) continue;
    if (field === "region" && value === row.consequence) continue;
    const text = TOLD[field] ? TOLD[field](row) : WRITTEN[kind] ? WRITTEN[kind](value) : value;
    list.append(element("dt", {textContent: TITLES[field] ?? title, title: meaning}),
                element("dd", {}, field === "place" ? copied(text) : text));
  }
  return list;
}

function copied(text) {
  const field = element("input", {readOnly: true, value: text, size: Math.max(12, text.length), className: "copied",
    onfocus: (event) => event.target.select(), ariaLabel: "position, to paste into a genome browser"});
  return field;
}

function allelesTable(id) {
  const effects = data.effects[id];
  if (!effects) {
    return [element("p", {className: "muted", textContent: data.words.not_detailed})];
  }
  const head = ["Gene", "Status", "To TSS (bp)", ...data.groups[rows[id].model]];
  const lines = effects.map(([gene, status, distance, ...values]) => element("tr", {},
    element("td", {className: "name", textContent: gene ?? ""}), element("td", {textContent: status}),
    element("td", {className: "n", textContent: WRITTEN.whole(distance)}),
    ...values.map((value) => element("td", {className: "n", textContent: value === null ? "" : signed(value)}))));
  const heads = head.map((text, i) => element("th", {textContent: text, scope: "col", className: i > 1 ? "n" : ""}));
  return [element("h2", {textContent: "Effects on genes"}),
    element("p", {className: "muted", textContent: data.words.effects}),
    element("div", {className: "scroll"}, element("table", {},
      element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines)))];
}

function figures(id) {
  const view = data.views[id];
  if (!view) return [element("p", {className: "muted", textContent: data.words.not_drawn})];
  const made = [element("h2", {textContent: `Predicted coverage${view.subject ? `, time course ${view.subject}` : ""}`}),
    element("p", {className: "muted", textContent: data.words.coverage.replace("{}", view.bin_bp)}),
    element("div", {id: "coverage-chart", className: "chart"})];
  if (view.decays.length) {
    made.push(element("h2", {textContent: "Decay"}),
      element("p", {className: "muted", textContent: data.words.decay}),
      element("div", {id: "decay-chart", className: "chart"}));
  }
  return made;
}

function warnings(row) {
  return (data.poor[row.model] ?? []).map(([words, href]) => element("p", {className: "warning"},
    `${words} Do not interpret its scores. `, element("a", {href, textContent: "Its training"})));
}

function links(row) {
  const found = [...(data.links[row.model] ?? []), ...(data.links[row.dataset] ?? [])];
  if (!found.length) return [];
  const items = found.map(([name, title]) => element("li", {}, element("a", {href: `#${name}`, textContent: title})));
  return [element("details", {}, element("summary", {textContent: "Pages of this model and dataset"}), element("ul", {}, ...items))];
}

// A table of texts; columns from `numbers` on are numbers.
function texts(head, lines, numbers) {
  const cells = (values, name) => values.map((text, i) => element(name, {textContent: text, className: i < numbers ? "" : "n"}));
  return element("div", {className: "scroll"}, element("table", {className: "narrow"},
    element("thead", {}, element("tr", {}, ...cells(head, "th"))),
    element("tbody", {}, ...lines.map((line) => element("tr", {}, ...cells(line, "td"))))));
}

const muted = (text) => element("p", {className: "muted", textContent: text});

function lives({half_lives: found}) {
  if (!found) return [];
  const spread = (sd) => sd === null ? "" : ` (SD ${number(sd)})`;
  const lines = found.map(([course, status, ref, alt, change, sd]) => [course ?? "", status.replaceAll("_", " "),
    number(ref), number(alt), change === null ? "" : signed(change) + spread(sd)]);
  return [element("h2", {textContent: "Half-lives"}), muted(data.words.half_lives),
    texts(["Time course", "Status", "REF (h)", "ALT (h)", "Change"], lines, 2)];
}

function models({models: found}) {
  if (!found) return [];
  const lines = found.map(({model, status, percentile, scores}) => [model, status.replaceAll("_", " "),
    Object.entries(scores).map(([name, value]) => `${name} ${signed(value)}`).join(", "), number(percentile)]);
  return [element("h2", {textContent: "All models"}), muted(data.words.models),
    texts(["Model", "Status", "Scores", "Percentile"], lines, 3)];
}

function mapFigure({map}) {
  if (!map) return [];
  return [element("h2", {textContent: "Which bases act"}), muted(data.words.map.replace("{}", map.tracks)),
    element("div", {id: "map-chart", className: "chart"})];
}

async function drawMap(map, row) {
  const {start, ref, importance, effects} = map;
  const at = (i) => ({start: start + i, end: start + i + 1, position: start + i + 1, base: ref[i]});
  const bases = ref.map((_, i) => ({...at(i), importance: importance[i]}));
  const alleles = Object.entries(effects).flatMap(([allele, values]) =>
    values.map((effect, i) => ({...at(i), allele, effect: allele === ref[i] ? null : effect})));
  const widest = alleles.reduce((most, one) => Math.max(most, Math.abs(one.effect ?? 0)), 0) || 1;
  const spec = filled(data.charts.map, {width: ref.length * 8, effects: [-widest, widest],
    ticks: Math.ceil(ref.length / 18), domain: [start, start + ref.length], position: Number(row.place.slice(row.place.lastIndexOf(":") + 1)) - 0.5,
    position_title: `position on ${row.place.slice(0, row.place.lastIndexOf(":"))} (bp)`});
  await embed("map-chart", {...spec, datasets: {bases, alleles}});
}

function filled(spec, values) {
  return JSON.parse(JSON.stringify(spec), (_, value) =>
    typeof value === "string" && value[0] === "$" && value.slice(1) in values ? values[value.slice(1)] : value);
}

async function draw(view) {
  const width = Math.max(180, Math.min(960, byId("coverage-chart").clientWidth - 150));
  const [low] = view.domain;
  const coverage = view.labels.flatMap((label, j) => view.ref[j].map((ref, i) => ({
    label, start: low + i * view.bin_bp, end: low + (i + 1) * view.bin_bp, ref,
    alt: view.alt[j][i], difference: view.alt[j][i] - ref})));
  const parts = view.genes.flatMap((gene) => {
    const name = `${gene.name} (${gene.strand.replace("-", "−")})`;
    const part = (kind) => ([start, end]) => ({gene: name, part: kind, start, end});
    return [part("gene")([gene.start, gene.end]), ...gene.exons.map(part("exon")), ...gene.coding.map(part("CDS"))];
  });
  const widest = coverage.reduce((most, one) => Math.max(most, Math.abs(one.difference)), 0) || 1;
  const spec = filled(data.charts.coverage, {
    differences: [-widest, widest],
    width, domain: view.domain, position: view.position + 0.5, ticks: Math.ceil(width / 140),
    position_title: `position on ${view.contig} (bp)`,
  });
  await embed("coverage-chart", {...spec, datasets: {coverage, parts}});
  if (!view.decays.length) return;
  const decay = view.decays.flatMap(({course, hours, left}) => ["REF", "ALT"].flatMap((allele) =>
    hours.map((hour, i) => ({course, hours: hour, allele, left: left[allele][i]}))));
  const columns = Math.max(1, Math.floor((width + 90) / 270));
  await embed("decay-chart", {...filled(data.charts.decay, {columns}), datasets: {decay}});
}

async function embed(id, spec) {
  await vegaEmbed(byId(id), spec, {mode: "vega-lite", renderer: "svg", tooltip: true,
    downloadFileName: `${shownAllele + 1}.${id}`,
    actions: {export: true, source: false, compiled: false, editor: false}});
  byId(id).querySelector("summary").setAttribute("aria-label", "Save this figure");
}

// ---- start ----

async function start() {
  document.documentElement.classList.add("scripted");
  byId("menu").open = !NARROW.matches;
  data = await unpacked("data");
  rows = rowsOf(data.table);
  reachable();
  byId("print")?.addEventListener("click", () => print());
  addEventListener("hashchange", show);
  await show();
  document.body.dataset.ready = "yes";
}

start();
})();
