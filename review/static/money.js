// The flow graph of a suspect's page: drawn by Cytoscape from the desk's own JSON. Filters and
// selections change what is in sight; expanding asks the desk; every step can be undone.
"use strict";
(() => {
  const place = document.getElementById("graph");
  const page = document.querySelector("[data-suspect]");
  if (!place || !page) return;
  const base = page.dataset.suspect;
  const said = document.querySelector("[data-graph-said]");
  const chinese = document.documentElement.lang.startsWith("zh");
  const tool = (name) => document.querySelector(`[data-${name}]`);
  const MOST_EDGES = 150;
  const LEAST_ZOOM = 0.6;

  function short(fen) {
    const units = chinese
      ? [[1e10, "亿"], [1e6, "万"], [100, "元"]]
      : [[1e11, " bn"], [1e8, " m"], [1e5, " k"], [100, ""]];
    const [unit, name] = units.find(([size]) => fen >= size) || units[units.length - 1];
    const digits = unit === 100 || fen >= unit * 1000 ? 0 : 1;
    return (fen / unit).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + name;
  }
  // In a sentence an amount names its currency; edges have no room for it.
  const yuan = (fen) => short(fen) + (chinese ? (fen >= 1e6 ? "元" : "") : " yuan");
  const exact = (fen) => (fen / 100).toLocaleString("en", { minimumFractionDigits: 2 });
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // What is shown: edges by both ends, nodes by identifier, and what was left out.
  let state = { nodes: {}, edges: {}, more: {}, finding: null };
  let undone = [];
  let done = [];
  let weeks = [];
  let cy = null;
  const canvas = () => cytoscape({
    container: place,
    minZoom: 0.1,
    maxZoom: 4,
    style: [
      { selector: "node", style: { label: "data(label)", "font-size": 13, color: colour("--ink"), "background-color": colour("--quiet"), "text-valign": "bottom", "text-margin-y": 1, width: 14, height: 14 } },
      { selector: "node[kind='organisation']", style: { shape: "round-rectangle" } },
      { selector: "node[kind='account']", style: { shape: "diamond" } },
      { selector: "node[?suspect]", style: { "background-color": colour("--out") } },
      { selector: "node[?centre]", style: { "background-color": colour("--accent"), width: 26, height: 26, "font-weight": "bold" } },
      { selector: "edge", style: { width: "data(width)", "line-color": colour("--line"), "target-arrow-color": colour("--quiet"), "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.8, label: "data(label)", "font-size": 11, color: colour("--ink"), "text-background-color": colour("--sheet"), "text-background-opacity": 0.8, "text-background-padding": 1 } },
      { selector: ":selected", style: { "overlay-color": colour("--accent"), "overlay-opacity": 0.25 } },
      { selector: ".way", style: { "line-color": colour("--out"), "target-arrow-color": colour("--out") } },
    ],
  });

  // Of an account its end tells more than its bank's number.
  const labelled = ({ name, kind }) => {
    if (name.length <= 14) return name;
    return kind === "account" ? `…${name.slice(-10)}` : `${name.slice(0, 13)}…`;
  };
  const key = (edge) => `${edge.from}>${edge.to}`;
  const total = (list) => list.reduce((sum, week) => sum + week[2], 0);
  const count = (list) => list.reduce((sum, week) => sum + week[1], 0);

  function merged(into, answer, origin) {
    const next = { ...into, nodes: { ...into.nodes }, edges: { ...into.edges }, more: { ...into.more } };
    for (const node of answer.nodes) next.nodes[node.id] = next.nodes[node.id] || { ...node, origin };
    for (const edge of answer.edges) {
      if (Object.keys(next.edges).length >= MOST_EDGES && !next.edges[key(edge)]) {
        const left = next.more.all || { others: 0, transfers: 0, amount_fen: 0 };
        next.more.all = { others: left.others + 1, transfers: left.transfers + count(edge.weeks), amount_fen: left.amount_fen + total(edge.weeks) };
      } else {
        next.edges[key(edge)] = next.edges[key(edge)] || { ...edge, origin };
      }
    }
    if (origin === null) Object.assign(next.more, answer.more);
    return next;
  }

  function change(next) {
    done.push(state);
    undone = [];
    state = next;
    ranges();
    draw(true);
  }

  function ranges() {
    const all = new Set();
    for (const edge of Object.values(state.edges)) for (const week of edge.weeks) all.add(week[0]);
    weeks = [...all].sort();
    for (const name of ["from", "to"]) tool(name).max = Math.max(weeks.length - 1, 0);
    tool("from").value = 0;
    tool("to").value = Math.max(weeks.length - 1, 0);
    tool("amount").value = 0;
  }

  // The slider is logarithmic, from the smallest edge to the largest: each step takes some away.
  function least() {
    const amounts = Object.values(state.edges).map((edge) => total(edge.weeks));
    const largest = Math.max(1, ...amounts);
    const smallest = Math.max(1, Math.min(largest, ...amounts));
    const value = Number(tool("amount").value);
    return value === 0 ? 0 : Math.min(largest, Math.round(smallest * Math.pow(largest / smallest, value / 100)));
  }

  function inSight() {
    const first = weeks[Number(tool("from").value)] || "";
    const last = weeks[Number(tool("to").value)] || "";
    const lowest = least();
    tool("amount-said").textContent = lowest ? yuan(lowest) : "–";
    tool("from-said").textContent = first || "–";
    tool("to-said").textContent = last || "–";
    return Object.values(state.edges)
      .map((edge) => ({ ...edge, weeks: edge.weeks.filter((week) => week[0] >= first && week[0] <= last) }))
      .filter((edge) => edge.weeks.length && total(edge.weeks) >= lowest);
  }

  function draw(placing) {
    const edges = inSight();
    const ends = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
    const centre = decodeURIComponent(base.split("/").pop());
    const largest = Math.max(1, ...edges.map((edge) => total(edge.weeks)));
    const nodes = Object.values(state.nodes).filter((node) => ends.has(node.id) || node.id === centre);
    let positions = {};
    cy.nodes().forEach((node) => { positions[node.id()] = { ...node.position() }; });
    if (placing && nodes.some((node) => positions[node.id] === undefined)) {
      positions = flowPositions(nodes.map((node) => node.id), edges, centre);
    }
    cy.batch(() => {
      cy.elements().remove();
      cy.add([
        ...nodes.map((node) => ({ group: "nodes", data: { ...node, label: labelled(node), centre: node.id === centre }, position: positions[node.id] })),
        ...edges.map((edge) => {
          const fen = total(edge.weeks);
          return { group: "edges", data: { id: key(edge), source: edge.from, target: edge.to, label: short(fen), fen, width: 1 + 6 * Math.sqrt(fen / largest) } };
        }),
      ]);
    });
    if (placing) inView(centre);
    place.dataset.shown = String(edges.length);
    table(edges);
    tell(edges);
    buttons();
  }

  // All of it where that can be read; else what is around the suspect, to be dragged and zoomed.
  function inView(centre) {
    cy.fit(undefined, 20);
    if (cy.zoom() > 1.2) cy.zoom(1.2);
    if (cy.zoom() < LEAST_ZOOM) cy.zoom(LEAST_ZOOM);
    cy.center(cy.zoom() > LEAST_ZOOM ? undefined : cy.getElementById(centre));
  }

  function table(edges) {
    const body = document.querySelector("[data-edges] tbody");
    const name = (id) => (state.nodes[id] ? state.nodes[id].name : id);
    body.replaceChildren(
      ...edges.sort((a, b) => total(b.weeks) - total(a.weeks)).map((edge) => {
        const row = document.createElement("tr");
        for (const [text, numeric] of [[name(edge.from)], [name(edge.to)], [count(edge.weeks), true], [exact(total(edge.weeks)), true]]) {
          const cell = document.createElement("td");
          cell.textContent = text;
          if (numeric) cell.className = "number";
          row.append(cell);
        }
        return row;
      }),
    );
  }

  function tell(edges) {
    const parts = [];
    for (const [way, left] of Object.entries(state.more)) {
      if (left.others) parts.push(`${said.dataset[`more${way[0].toUpperCase()}${way.slice(1)}`]} +${left.others}: ${yuan(left.amount_fen)} (${left.transfers} ${said.dataset.transfers})`);
    }
    const hidden = Object.keys(state.edges).length - edges.length;
    if (hidden) parts.push(`${said.dataset.hidden} ${hidden}`);
    said.textContent = edges.length || hidden ? parts.join(" · ") : said.dataset.nothing;
  }

  function buttons() {
    const nodes = cy.nodes(":selected");
    tool("undo").disabled = done.length === 0;
    tool("redo").disabled = undone.length === 0;
    tool("expand").disabled = nodes.length !== 1;
    tool("collapse").disabled = nodes.length !== 1;
    tool("path").disabled = nodes.length !== 2;
  }

  async function asked(address) {
    said.textContent = said.dataset.loading;
    const answer = await fetch(address);
    if (answer.status === 404) throw new Error(said.dataset.notPublished);
    if (!answer.ok) throw new Error(`${said.dataset.failed} (${answer.status})`);
    return answer.json();
  }

  async function load(finding) {
    try {
      const [answer] = await Promise.all([asked(`${base}/graph${finding === null ? "" : `?finding=${finding}`}`), ready]);
      const fresh = merged({ nodes: {}, edges: {}, more: {}, finding }, answer, null);
      if (Object.keys(state.nodes).length) change(fresh);
      else { state = fresh; ranges(); draw(true); }
    } catch (error) { said.textContent = error.message; }
  }

  async function expand() {
    const node = cy.nodes(":selected")[0];
    if (!node) return;
    try {
      const answer = await asked(`${base}/graph/${encodeURIComponent(node.id())}`);
      change(merged(state, answer, node.id()));
    } catch (error) { said.textContent = error.message; }
  }

  function collapse() {
    const node = cy.nodes(":selected")[0];
    if (!node) return;
    const keep = (held) => Object.fromEntries(Object.entries(held).filter(([, each]) => each.origin !== node.id()));
    change({ ...state, nodes: keep(state.nodes), edges: keep(state.edges) });
  }

  function path() {
    const [start, end] = cy.nodes(":selected").toArray();
    if (!start || !end) return;
    cy.elements().removeClass("way");
    for (const [from, to] of [[start, end], [end, start]]) {
      const found = cy.elements().aStar({ root: from, goal: to, directed: true });
      if (found.found) { found.path.addClass("way"); return; }
    }
    const found = cy.elements().aStar({ root: start, goal: end });
    if (found.found) found.path.addClass("way");
    else said.textContent = said.dataset.noPath;
  }

  function step(from, to) {
    if (!from.length) return;
    to.push(state);
    state = from.pop();
    ranges();
    draw(true);
  }

  // The library comes while the graph's data does.
  const absent = () => { throw new Error(said.dataset.failed); };
  const ready = loadScript(place.dataset.library).catch(absent).then(() => {
    cy = canvas();
    cy.on("select unselect", buttons);
    cy.on("tap", "edge", (event) => {
      const finding = state.finding === null ? 0 : state.finding;
      const between = encodeURIComponent(event.target.id());
      if (document.querySelector(`[data-finding="${finding}"]`)) {
        htmx.ajax("GET", `${base}/evidence?finding=${finding}&between=${between}`, { target: "#between", swap: "innerHTML" });
      }
    });
  });
  const act = { undo: () => step(done, undone), redo: () => step(undone, done), expand, collapse, path, reset: () => load(null) };
  for (const [name, run] of Object.entries(act)) tool(name).addEventListener("click", run);
  for (const name of ["amount", "from", "to"]) tool(name).addEventListener("input", () => cy && draw(false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-graph]");
    if (button) {
      load(Number(button.dataset.graph));
      document.getElementById("money").scrollIntoView();
    }
  });
  load(null);
})();
