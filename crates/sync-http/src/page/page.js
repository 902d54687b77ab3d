"use strict";
// Every text that comes from a server is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const element = (tag, set = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), set);
  made.append(...children.filter((child) => child !== null));
  return made;
};
let history = { tables: {}, runs: [] };
let status = null;
// Counts the answers to /history.
let drawn = 0;
// Tables whose resync waits for a second click, with what takes the question back.
const asked = new Map();
// The card of each table, and what it shows.
let cards = new Map();
// What is pressed must still be there when it is let go.
let pressed = false;

const headers = () => {
  const token = sessionStorage.getItem("token");
  return token ? { Authorization: `Bearer ${token}` } : {};
};

async function ask(path, body) {
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(path, { ...post, headers: { ...headers(), ...type }, cache: "no-store" });
  $("login").hidden = response.status !== 401;
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `${path} answers ${response.status}`);
  return answer;
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

async function command(button, path, body) {
  button.disabled = true;
  try {
    await ask(path, body);
    notice("");
  } catch (error) {
    notice(error.message);
  }
  button.disabled = false;
}

const span = (seconds) => {
  if (seconds < 1) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
};
const lag = (table) => (table.last_success ? Math.max(0, (Date.now() - Date.parse(table.last_success)) / 1000) : null);

function state(table) {
  const behind = lag(table);
  if (table.error) return ["bad", "failing"];
  if (table.paused) return ["late", "paused"];
  if (table.phase === "copying") return ["late", "copying"];
  if (behind === null) return ["late", "not synced yet"];
  if (table.sync_interval !== null && behind > 3 * table.sync_interval + 5) return ["late", "lagging"];
  return ["good", "fresh"];
}

function chart(track) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 60 20");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const draw = (name, attributes) => {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => shape.setAttribute(key, value));
    svg.append(shape);
  };
  const { changed = [], failures = [], lag: lags = [] } = track || {};
  const most = Math.max(1, ...changed);
  const longest = Math.max(1, ...lags.map((value) => value || 0));
  const left = 60 - changed.length;
  changed.forEach((rows, minute) => {
    const height = rows === 0 ? 0 : Math.max(1, (18 * rows) / most);
    draw("rect", { class: "changed", x: left + minute, y: 20 - height, width: 0.8, height });
    if (failures[minute]) draw("rect", { class: "failed", x: left + minute, y: 0, width: 0.8, height: 3 });
  });
  const points = lags.map((value, minute) => `${left + minute + 0.4},${19 - (17 * (value || 0)) / longest}`);
  if (points.length > 1) draw("polyline", { class: "lag", points: points.join(" ") });
  const sum = changed.reduce((all, rows) => all + rows, 0);
  const failed = failures.reduce((all, runs) => all + runs, 0);
  svg.setAttribute("aria-label", `last hour: ${sum} rows changed, ${failed} failures, at most ${longest} s behind`);
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = svg.getAttribute("aria-label");
  svg.prepend(title);
  return svg;
}

function card(table) {
  const [kind, word] = state(table);
  const behind = lag(table);
  const body = { table: table.replica };
  const button = (text, path) => {
    const made = element("button", { type: "button", textContent: text });
    made.addEventListener("click", () => command(made, path, body));
    return made;
  };
  const promise = table.guarantee.kind === "lossless" ? "lossless" : `bounded: ${table.guarantee.reason}`;
  const estimate = table.phase === "copying" && table.estimated_rows ? ` of about ${table.estimated_rows}` : "";
  const kept = table.failed_rows ? `${table.failed_rows} rows can't be stored; data-sync failed ${table.name} lists them` : null;
  const held = table.held_deletes ? `${table.held_deletes.deletes} deletes are held back` : null;
  // It reads the whole table, so it is asked for twice: in place, as a dialog stops the page.
  const resync = element("button", { type: "button", textContent: asked.has(table.replica) ? "Copy it all anew?" : "Resync" });
  resync.addEventListener("click", () => {
    const sure = asked.has(table.replica);
    clearTimeout(asked.get(table.replica));
    asked.delete(table.replica);
    if (sure) return command(resync, "/resync", body);
    asked.set(table.replica, setTimeout(() => { asked.delete(table.replica); show(); }, 5000));
    resync.textContent = "Copy it all anew?";
  });
  const accept = held ? button("Accept deletes", "/accept-deletes") : null;
  const made = element("article", { className: `card ${kind}` },
    element("div", {}, element("div", { className: "name", textContent: table.name }),
      element("p", { className: "quiet", textContent: `${table.replica} · ${promise}` })),
    element("div", {}, element("div", { className: "state", textContent: behind === null ? word : `${word} · ${span(behind)}` }),
      element("p", { className: "quiet", textContent: `${table.rows_read}${estimate} rows read, ${table.rows_changed} changed` }),
      kept && element("p", { className: "quiet warn", textContent: kept }),
      held && element("p", { className: "quiet warn", textContent: held })),
    chart(history.tables[table.replica]),
    element("span", { className: "buttons" }, button("Sync", "/force-sync"),
      table.paused ? button("Resume", "/resume") : button("Pause", "/pause"), resync, accept),
    table.error ? element("p", { className: "error", textContent: table.error }) : null);
  made.dataset.replica = table.replica;
  made.dataset.state = word;
  return made;
}

// Only what looks otherwise is made anew: there may be a thousand tables, and one of them may have the focus.
function showTables() {
  const made = new Map(status.tables.map((table) => {
    const look = JSON.stringify([table, state(table), span(lag(table) ?? 0), asked.has(table.replica), drawn]);
    const before = cards.get(table.replica);
    return [table.replica, before && before.look === look ? before : { look, card: card(table) }];
  }));
  const there = [...$("tables").children];
  const wanted = [...made.values()].map((one) => one.card);
  cards = made;
  const moved = there.length !== wanted.length || wanted.some((one, at) => one !== there[at] && one.parentNode);
  if (moved) return $("tables").replaceChildren(...wanted);
  wanted.forEach((one, at) => {
    if (one === there[at]) return;
    const focused = there[at].contains(document.activeElement) && document.activeElement.textContent;
    there[at].replaceWith(one);
    const same = focused && [...one.querySelectorAll("button")].find((button) => button.textContent === focused);
    if (same) same.focus();
  });
}

function show() {
  if (!status || pressed) return;
  const words = status.tables.map((table) => state(table)[1]);
  const count = (word) => words.filter((other) => other === word).length;
  const parts = ["fresh", "lagging", "failing", "paused", "copying", "not synced yet"].filter(count);
  const impossible = status.sources.reduce((sum, source) => sum + source.problems.length, 0);
  const all = parts.map((word) => `${count(word)} ${word}`).concat(impossible ? [`${impossible} can't be synced`] : []);
  $("summary").textContent = all.join(", ") || "no tables";
  const failing = count("failing") + impossible;
  document.title = failing ? `Data Sync: ${failing} failing` : "Data Sync";
  showTables();
  const troubles = status.sources.flatMap((source) => {
    const away = source.error ? [`${source.name || source.server || "the source"}: ${source.error}`] : [];
    const name = source.name ? `${source.name}: ` : "";
    return away.concat(source.problems.map((problem) => `${name}${problem.problem}`));
  });
  $("sources").replaceChildren(...troubles.map((text) => element("p", { className: "error", textContent: text })));
}

function showRuns() {
  const head = element("tr", {}, ...["ended", "table", "changed", "deleted", "took", ""].map((name, at) =>
    element("th", { textContent: name, className: ["", "", "number", "number wide", "number wide", ""][at] })));
  const rows = history.runs.map((run) => element("tr", {},
    element("td", { textContent: new Date(run.finished).toLocaleTimeString() }),
    element("td", { textContent: run.replica }),
    element("td", { className: "number", textContent: run.changed }),
    element("td", { className: "number wide", textContent: run.deleted }),
    element("td", { className: "number wide", textContent: `${run.seconds.toFixed(2)} s` }),
    element("td", { className: "failed", textContent: run.error || "" })));
  $("runs").replaceChildren(element("table", { className: "runs" }, head, ...rows));
}

async function refresh() {
  try {
    status = await ask("/sync-status");
    show();
  } catch (error) {
    notice(error.message);
  }
}

async function refreshHistory() {
  try {
    history = await ask("/history");
    drawn += 1;
    show();
    showRuns();
  } catch { /* the status tells of it */ }
}

// `fetch`, as an EventSource can send no token.
async function listen() {
  for (;;) {
    try {
      const response = await fetch("/events", { headers: headers(), cache: "no-store" });
      if (!response.ok) throw new Error(`/events answers ${response.status}`);
      notice("");
      await refresh();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (new TextDecoder().decode(value).includes("event:")) {
          await refresh();
          await refreshHistory();
          // What moves meanwhile is read together.
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    } catch (error) {
      if ($("login").hidden) notice("the daemon does not answer; it is tried again");
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

document.addEventListener("pointerdown", () => { pressed = true; });
["pointerup", "pointercancel"].forEach((end) => document.addEventListener(end, () => { pressed = false; }));
document.querySelectorAll("header button").forEach((button) =>
  button.addEventListener("click", () => command(button, button.dataset.path, {})));
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token").value);
  refresh().then(refreshHistory);
});
refresh().then(refreshHistory);
listen();
setInterval(show, 1000);
setInterval(refreshHistory, 60000);
