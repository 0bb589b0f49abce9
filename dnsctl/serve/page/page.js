/*
 * page.js - the page: what a node does now, and what is in its store.
 *
 * Text that comes from the store or from the network is only ever put where
 * it stays text (textContent): names are what strangers make them.
 */
import { draw } from "./map.js";

const EVERY = 2000;  /* milliseconds between two looks */
const KEEP = 150;    /* looks that the curves show: five minutes */
const LIMIT = 50;    /* networks on one page of the list */
const ROWS = 500;    /* of a table */

const byId = id => document.getElementById(id);

/* A tag's properties are set, not its attributes: none is read as markup. */
function el(tag, properties, ...children) {
	const node = Object.assign(document.createElement(tag), properties);
	node.append(...children);
	return node;
}

function fill(node, ...children) {
	node.replaceChildren(...children);
	return node;
}

/* --- asking */

class Refused extends Error {}

async function ask(path, parameters = {}) {
	const given = Object.entries(parameters).filter(([, v]) => v !== undefined);
	const query = new URLSearchParams(given).toString();
	const token = sessionStorage.getItem("token");
	const reply = await fetch(`/api/v1/${path}${query ? "?" : ""}${query}`, {
		headers: token ? { Authorization: `Bearer ${token}` } : {},
		signal: AbortSignal.timeout(10000) });
	if (reply.status === 401)
		throw new Refused("a token is needed");
	const said = await reply.json();
	if (said.error !== undefined)
		throw new Error(said.error);
	return said;
}

/* http://host/#token=SECRET: kept for this tab, and gone from its address. */
function takeToken() {
	const hash = new URLSearchParams(location.hash.slice(1));
	if (!hash.has("token"))
		return;
	sessionStorage.setItem("token", hash.get("token"));
	history.replaceState(null, "", location.pathname);
}

/* --- numbers for people */

function short(n) {
	if (n >= 1e6)
		return `${(n / 1e6).toFixed(2)} M`;
	if (n >= 1e4)
		return `${(n / 1e3).toFixed(1)} k`;
	return n >= 100 || Number.isInteger(n) ? n.toFixed(0) : n.toFixed(1);
}

function span(seconds) {
	for (const [size, word] of [[86400, "d"], [3600, "h"], [60, "min"]])
		if (seconds >= size)
			return `${(seconds / size).toFixed(seconds < 10 * size ? 1 : 0)} ${word}`;
	return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

function bytes(n) {
	for (const [size, word] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]])
		if (n >= size)
			return `${(n / size).toFixed(1)} ${word}`;
	return `${n} B`;
}

function duration(seconds) {
	if (seconds === null)
		return "–";
	if (seconds < 1e-3)
		return `${(seconds * 1e6).toFixed(0)} µs`;
	return seconds < 1 ? `${(seconds * 1e3).toFixed(1)} ms` : span(seconds);
}

/* --- what happened between two reports */

/* Buckets of the histograms KINDS, less those of the report before. */
function buckets(report, before, kinds) {
	const sum = new Map();
	for (const [from, sign] of [[report, 1], [before, -1]])
		for (const h of from.histograms)
			if (h.name === "answer" && kinds.includes(h.kind))
				for (const [bound, count] of h.buckets)
					sum.set(bound / h.scale,
					    (sum.get(bound / h.scale) || 0) + sign * count);
	return [...sum].sort((a, b) => a[0] - b[0]);
}

function quantile(sorted, part) {
	const all = sorted.reduce((n, [, count]) => n + count, 0);
	let below = 0;
	for (const [bound, count] of sorted) {
		below += count;
		if (all > 0 && below >= part * all)
			return bound;
	}
	return null;
}

function answered(report, kind) {
	return report.histograms.find(
	    h => h.name === "answer" && h.kind === kind)?.count || 0;
}

/* null where there is nothing to compare with. */
function compare(report, before) {
	const seconds = before ? (report.now_ms - before.now_ms) / 1e3 : 0;
	if (seconds <= 0 || before.pid !== report.pid ||
	    before.started !== report.started)
		return null;
	const rate = kind => Math.max(0,
	    (answered(report, kind) - answered(before, kind)) / seconds);
	const counted = name => report.counters[name] - before.counters[name];
	const now = buckets(report, before, ["private", "cached"]);
	const later = buckets(report, before, ["forwarded"]);
	const asked = counted("forward_asked");
	return { private: rate("private"), cached: rate("cached"),
		forwarded: rate("forwarded"), p50: quantile(now, 0.5),
		p99: quantile(now, 0.99), forwarded99: quantile(later, 0.99),
		hits: asked > 0 ? counted("forward_hits") / asked : null };
}

/* --- curves */

const curves = {};

function colour(name) {
	return getComputedStyle(document.documentElement)
	    .getPropertyValue(`--${name}`).trim();
}

function curve(id, series, options) {
	const line = name => ({ label: series[name][0], data: [], pointRadius: 0,
		borderWidth: 2, tension: 0.2, spanGaps: true,
		borderColor: colour(series[name][1]),
		backgroundColor: `${colour(series[name][1])}40`,
		fill: options.stacked ? "stack" : false });
	const scale = extra => ({ grid: { color: colour("line") },
		ticks: { color: colour("quiet"), maxTicksLimit: 6 }, ...extra });
	curves[id]?.destroy();
	curves[id] = new Chart(byId(id), { type: "line",
		data: { labels: [], datasets: Object.keys(series).map(line) },
		options: { animation: false, maintainAspectRatio: false,
			interaction: { mode: "index", intersect: false },
			plugins: { legend: { position: "bottom",
				labels: { color: colour("ink"), boxWidth: 12 } } },
			scales: { x: scale({}), y: scale({ stacked: options.stacked,
				type: options.type || "linear", min: options.min }) } } });
	curves[id].names = Object.keys(series);
}

function makeCurves() {
	curve("rates", { private: ["private", "one"], cached: ["from the cache", "two"],
		forwarded: ["forwarded", "three"] }, { stacked: true, min: 0 });
	curve("times", { p50: ["half", "one"], p99: ["99 of 100", "two"],
		forwarded99: ["forwarded, 99 of 100", "three"] }, { type: "logarithmic" });
}

function drawCurves(history) {
	for (const [id, unit] of [["rates", 1], ["times", 1e3]]) {
		const chart = curves[id];
		chart.data.labels = history.map(h => h.at);
		chart.names.forEach((name, i) => {
			chart.data.datasets[i].data = history.map(
			    h => h[name] === null ? null : h[name] * unit);
		});
		chart.update();
	}
	const last = history.at(-1);
	byId("rates").setAttribute("aria-label", "Answers a second: " +
	    `${short(last.private)} private, ${short(last.cached)} from the cache, ` +
	    `${short(last.forwarded)} forwarded`);
	byId("times").setAttribute("aria-label", "Time to answer: half within " +
	    `${duration(last.p50)}, 99 of 100 within ${duration(last.p99)}`);
}

/* --- now */

function tile(name, value, more) {
	return el("div", {}, el("dt", { textContent: name }),
	    el("dd", {}, value, el("small", { textContent: more || "" })));
}

function showTiles(report, change, store) {
	const c = change || {};
	const all = change ? c.private + c.cached + c.forwarded : null;
	const tiles = report ? [
		tile("answers a second", all === null ? "–" : short(all)),
		tile("half within", duration(c.p50 ?? null)),
		tile("99 of 100 within", duration(c.p99 ?? null)),
		tile("from the cache", c.hits == null ? "–"
		    : `${(100 * c.hits).toFixed(0)} %`, "of other names"),
		tile("wait upstream", short(report.counters.forward_waiting)),
		tile("TCP connections", short(report.counters.tcp_open)),
		tile("up for", span(report.now_ms / 1e3 - report.started),
		    `${report.workers} workers`),
	] : [];
	if (store.error)
		tiles.push(tile("store", store.error));
	else
		tiles.push(tile("store heard of", span(Math.max(0, store.age)), "ago"),
		    tile("cursor", store.cursor || "none", `${store.commits} commits`),
		    tile("facts", short(Object.values(store.facts).reduce((a, b) => a + b, 0)),
		        bytes(store.bytes)),
		    tile("leases end", short(store.leases_day), "within a day"));
	fill(byId("tiles"), ...tiles);
}

/* COLUMNS: [title, value of a row, how it stands]; a value may be a node. */
function table(node, caption, columns, rows) {
	const cell = (tag, how, content) => {
		const made = el(tag, { className: how || "" });
		made.append(content ?? "");
		return made;
	};
	const head = el("tr", {}, ...columns.map(([title, , how]) => {
		const made = cell("th", how, title);
		made.scope = "col";
		return made;
	}));
	const body = rows.map(row => el("tr", {}, ...columns.map(
	    ([, value, how]) => cell("td", how, value(row)))));
	const parts = [el("thead", {}, head), el("tbody", {}, ...body)];
	if (caption)
		parts.unshift(el("caption", { textContent: caption }));
	return fill(node, ...parts);
}

function word(text, good) {
	return el("span", { className: good ? "good" : "bad", textContent: text });
}

function showUpstreams(list) {
	table(byId("upstreams"), "", [
		["upstream", u => u.url], ["for", u => u.zone === "." ? "all names" : u.zone],
		["network", u => u.network || "all"],
		["state", u => u.up ? word("answers", true) : word("silent", false)],
		["round trip", u => u.rtt_us ? duration(u.rtt_us / 1e6) : "–", "number"],
		["99 of 100", u => duration(quantile(
		    u.rtt.buckets.map(([b, n]) => [b / u.rtt.scale, n]), 0.99)), "number"],
		["waiting", u => short(u.waiting), "number"], ["sent", u => short(u.sent), "number"],
		["answered", u => short(u.answered), "number"],
		["failed", u => short(u.failed), "number"],
	], list);
	if (list.length === 0)
		fill(byId("upstreams"), el("caption", { textContent: "Nothing is forwarded." }));
}

function showTop(id, entries, all, choose) {
	fill(byId(id), ...entries.map(e => el("li", {},
	    choose ? el("button", { type: "button", className: "link",
	        textContent: e.name, onclick: () => choose(e.name) })
	        : el("span", { textContent: e.name }),
	    el("span", { className: "quiet", title: `at most ${short(e.error)} too many`,
	        textContent: short(e.count) }),
	    el("meter", { max: Math.max(1, all), value: e.count,
	        ariaLabel: `${e.name}'s part` }))));
	if (entries.length === 0)
		fill(byId(id), el("li", { className: "quiet", textContent: "nobody yet" }));
}

function showLoad(top) {
	byId("window").textContent = top ? "Questions of the last " +
	    `${span(top.seconds)}, by who asks for most; ${short(top.count)} in all.` : "";
	showTop("top-networks", top?.networks || [], top?.count, showNetwork);
	showTop("top-askers", top?.askers || [], top?.count);
	showTop("top-names", top?.names || [], top?.count);
}

/* --- networks */

let skip = 0;

async function find() {
	const part = byId("part").value.trim() || undefined;
	const said = await ask("facts", { kind: "network", q: part, skip, limit: LIMIT });
	fill(byId("found"), ...said.facts.map(f => el("li", {}, el("button", {
		type: "button", className: "link", textContent: f.id,
		onclick: () => showNetwork(f.id) }))));
	byId("less").disabled = skip === 0;
	byId("more").disabled = !said.more;
	byId("range").textContent = said.facts.length === 0 ? "none"
	    : `${skip + 1} to ${skip + said.facts.length}`;
}

function stateOf(i) {
	const state = i.state || "started", health = i.health || "passing";
	return word(health === "passing" ? state : `${state}, ${health}`,
	    state === "started" && health !== "critical");
}

function appRows(apps, instances) {
	const rows = new Map(apps.map(a => [a.name, { ...a, states: {} }]));
	for (const i of instances) {
		const row = rows.get(i.app);
		const state = i.health === "critical" ? "critical" : i.state || "started";
		if (row)
			row.states[state] = (row.states[state] || 0) + 1;
	}
	return [...rows.values()];
}

function lease(peer) {
	if (!peer.expires)
		return "for good";
	const left = Date.parse(peer.expires) / 1e3 - Date.now() / 1e3;
	const text = left < 0 ? "ended" : `${span(left)} left`;
	return el("time", { dateTime: peer.expires, title: peer.expires,
		textContent: text, className: left < 3600 ? "bad" : "" });
}

const join = list => (list || []).join(" ");

async function showNetwork(id) {
	const of = { network: id, limit: ROWS };
	const [networks, apps, instances, peers] = await Promise.all([
		ask("facts", { kind: "network", network: id }),
		ask("facts", { kind: "app", ...of }),
		ask("facts", { kind: "instance", ...of }),
		ask("facts", { kind: "peer", ...of })]);
	const wide = (label, ...columns) => el("div", { className: "wide", tabIndex: 0,
		role: "region", ariaLabel: label }, table(el("table"), label, ...columns));
	const cut = said => said.more ? `, the first ${ROWS}` : "";
	peers.facts.sort((a, b) => (a.expires || "z").localeCompare(b.expires || "z"));
	fill(byId("one"), el("h3", { textContent: `Network ${id}` }),
	    el("p", { className: "quiet", textContent: join(networks.facts[0]?.prefixes) }),
	    wide(`Apps${cut(apps)}`, [["app", a => a.name], ["domain", a => a.domain],
	        ["started", a => a.states.started || 0, "number"],
	        ["draining", a => a.states.draining || 0, "number"],
	        ["stopped", a => a.states.stopped || 0, "number"],
	        ["critical", a => a.states.critical || 0, "number"],
	        ["flycast", a => join(a.flycast), "text"]], appRows(apps.facts, instances.facts)),
	    wide(`Instances${cut(instances)}`, [["app", i => i.app], ["instance", i => i.id],
	        ["region", i => i.region], ["state", stateOf], ["server", i => i.name],
	        ["group", i => i.group], ["addresses", i => join(i.addresses), "text"],
	        ["metadata", i => Object.entries(i.metadata || {})
	            .map(([k, v]) => `${k}=${v}`).join(" "), "text"]], instances.facts),
	    wide(`Peers${cut(peers)}`, [["peer", p => p.name], ["region", p => p.region],
	        ["role", p => p.role || "developer"], ["gateway", p => p.gateway],
	        ["lease", lease], ["addresses", p => join(p.addresses), "text"]], peers.facts));
	for (const button of document.querySelectorAll("#found .link"))
		button.ariaPressed = String(button.textContent === id);
	byId("question").elements.network.value = id;
}

/* --- map */

async function showMap(here) {
	const { regions } = await ask("map", { from: here || undefined });
	const rows = Object.entries(regions).map(([id, r]) => ({ id, ...r }));
	rows.sort((a, b) => (a.ms ?? Infinity) - (b.ms ?? Infinity) ||
	    a.id.localeCompare(b.id));
	fill(byId("world"), draw(regions, here));
	table(byId("regions"), "", [["region", r => r.id],
		["instances", r => short(r.instances), "number"],
		["round trip", r => r.ms === undefined ? "–" : `${r.ms.toFixed(1)} ms`, "number"]],
	    rows);
}

/* --- explain */

async function explain(form) {
	const given = Object.fromEntries(new FormData(form));
	try {
		const said = await ask("explain", given);
		fill(byId("why"), el("ol", { className: "steps" }, ...said.steps.map(
		    ([what, text]) => el("li", {}, el("b", { textContent: what }),
		        el("span", { textContent: text })))),
		    el("pre", { textContent: said.reply }));
	} catch (e) {
		fill(byId("why"), el("p", { className: "bad", textContent: e.message }));
	}
}

/* --- the loop */

const history_ = [];
let before = null, mapped = null, chosen = 0, trouble = 0;

function showState(text, good) {
	if (byId("state").textContent === text)
		return;
	byId("state").textContent = text;
	byId("state").className = `pill ${good ? "good" : "bad"}`;
}

function showServers(servers) {
	const select = byId("server");
	byId("which").hidden = servers.length < 2;
	if (select.options.length !== servers.length)
		fill(select, ...servers.map((s, i) => el("option", { value: i,
			textContent: s.report?.node || s.control })));
}

function remember(report) {
	const change = report ? compare(report, before) : null;
	if (report && before && !change)
		history_.length = 0;
	before = report || before;
	if (!change)
		return null;
	history_.push({ at: new Date(report.now_ms).toLocaleTimeString(), ...change });
	if (history_.length > KEEP)
		history_.shift();
	drawCurves(history_);
	return change;
}

async function show() {
	const node = await ask("node");
	const server = node.servers[chosen] || { error: "no server is asked" };
	const report = server.report;
	showServers(node.servers);
	showState(report ? "answers" : server.error, Boolean(report));
	if (report && before && report.now_ms === before.now_ms)
		return;
	showTiles(report, remember(report), node.store);
	showUpstreams(report?.upstreams || []);
	showLoad(report?.top);
	if (report) {
		byId("node").textContent = report.region
		    ? `${report.node}, ${report.region}` : report.node;
		document.title = `${report.node} – dnsd`;
		byId("about").textContent = `dnsd ${report.version}, pid ${report.pid}`;
	}
	const seen = `${report?.region} ${node.store.commits}`;
	if (mapped !== seen) {
		mapped = seen;
		await Promise.all([showMap(report?.region || ""), find()]);
	}
}

async function look() {
	if (document.hidden)
		return;
	try {
		await show();
		byId("login").hidden = true;
		trouble = 0;
	} catch (e) {
		byId("login").hidden = !(e instanceof Refused);
		/* One that is late is not away. */
		if (e instanceof Refused || ++trouble > 1)
			showState(e.message, false);
	}
}

async function loop() {
	await look();
	setTimeout(loop, EVERY);
}

function begin() {
	takeToken();
	makeCurves();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
		makeCurves();
		if (history_.length > 0)
			drawCurves(history_);
	});
	byId("login").addEventListener("submit", event => {
		event.preventDefault();
		sessionStorage.setItem("token", byId("token").value);
		look();
	});
	byId("server").addEventListener("change", event => {
		chosen = Number(event.target.value);
		before = null;
		history_.length = 0;
		look();
	});
	byId("search").addEventListener("submit", event => event.preventDefault());
	byId("part").addEventListener("input", () => { skip = 0; find(); });
	byId("less").addEventListener("click", () => {
		skip = Math.max(0, skip - LIMIT);
		find();
	});
	byId("more").addEventListener("click", () => { skip += LIMIT; find(); });
	byId("question").addEventListener("submit", event => {
		event.preventDefault();
		explain(event.target);
	});
	loop();
}

begin();
