/*
 * map.js - regions on the Earth, drawn by their coordinates.
 *
 * The projection is Equal Earth (Savric, Patterson, Jenny 2018).  There is no
 * coast, as nothing is fetched from anywhere: every 30 degrees there is a line.
 */
const SVG = "http://www.w3.org/2000/svg";
const A = [1.340264, -0.081106, 0.000893, 0.003796];
const WIDTH = 1000, HEIGHT = 490, SCALE = WIDTH / 5.42;
const RADIAN = Math.PI / 180;

function project(longitude, latitude) {
	const t = Math.asin(Math.sqrt(3) / 2 * Math.sin(latitude * RADIAN));
	const t2 = t * t, t6 = t2 ** 3;
	const x = 2 * Math.sqrt(3) * longitude * RADIAN * Math.cos(t) /
	    (3 * (A[0] + 3 * A[1] * t2 + t6 * (7 * A[2] + 9 * A[3] * t2)));
	const y = t * (A[0] + A[1] * t2 + t6 * (A[2] + A[3] * t2));
	return [WIDTH / 2 + SCALE * x, HEIGHT / 2 - SCALE * y];
}

/* A path through points; it is taken up anew beyond the edge of the map. */
function path(points) {
	let last = null;
	return points.map(([longitude, latitude]) => {
		const [x, y] = project(longitude, latitude);
		const jump = last === null || Math.abs(longitude - last) > 180;
		last = longitude;
		return `${jump ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
	}).join("");
}

function steps(from, to, by) {
	const out = [];
	for (let i = from; i <= to; i += by)
		out.push(i);
	return out;
}

function graticule() {
	const along = steps(-180, 180, 30).map(
	    longitude => path(steps(-90, 90, 5).map(l => [longitude, l])));
	const across = steps(-90, 90, 30).map(
	    latitude => path(steps(-180, 180, 5).map(l => [l, latitude])));
	return along.concat(across).join("");
}

function vector({longitude, latitude}) {
	const f = latitude * RADIAN, l = longitude * RADIAN;
	return [Math.cos(f) * Math.cos(l), Math.cos(f) * Math.sin(l), Math.sin(f)];
}

/* The great circle from one place to another. */
function arc(one, other) {
	const a = vector(one), b = vector(other);
	const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
	const angle = Math.acos(Math.min(1, Math.max(-1, dot)));
	if (angle < 1e-6 || Math.PI - angle < 1e-6)
		return "";
	return path(steps(0, 48, 1).map(i => {
		const p = Math.sin((1 - i / 48) * angle) / Math.sin(angle);
		const q = Math.sin(i / 48 * angle) / Math.sin(angle);
		const [x, y, z] = a.map((v, j) => p * v + q * b[j]);
		return [Math.atan2(y, x) / RADIAN, Math.asin(z) / RADIAN];
	}));
}

function shape(name, attributes, text) {
	const node = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		node.setAttribute(key, value);
	if (text !== undefined)
		node.textContent = text;
	return node;
}

function trip(here, region) {
	return shape("path", { class: "trip", d: arc(here, region),
		"stroke-width": Math.max(0.6, 5 - Math.log2(1 + region.ms)) });
}

/* No name over another: the dot's title and the table have it too. */
function label(id, x, y, taken) {
	const hides = taken.some(([a, b]) => Math.abs(a - x) < 9 * id.length + 6 &&
	    Math.abs(b - y) < 14);
	if (!hides)
		taken.push([x, y]);
	return hides ? [] : [shape("text", { x: x + 10, y: y - 6 }, id)];
}

function place(id, region, here, taken) {
	const [x, y] = project(region.longitude, region.latitude);
	const group = shape("g", {});
	const kind = id === here ? " here" : region.instances ? "" : " empty";
	const dot = shape("circle", { class: "place" + kind, cx: x, cy: y,
		r: 4 + Math.min(12, 2 * Math.log2(1 + region.instances)) });
	const ms = region.ms === undefined ? "" : `, ${region.ms.toFixed(1)} ms`;
	dot.append(shape("title", {}, `${id}: ${region.instances} instances${ms}`));
	group.append(dot, ...label(id, x, y, taken));
	return group;
}

/* REGIONS by id, as /api/v1/map has them; HERE is the node's own, or "". */
export function draw(regions, here) {
	const ids = Object.keys(regions).sort();
	const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
		"aria-label": `Map of ${ids.length} regions` });
	svg.append(shape("path", { class: "graticule", d: graticule() }));
	for (const id of ids)
		if (here in regions && id !== here && regions[id].ms !== undefined)
			svg.append(trip(regions[here], regions[id]));
	const taken = [];
	const weight = id => id === here ? Infinity : regions[id].instances;
	for (const id of ids.sort((a, b) => weight(b) - weight(a)))
		svg.append(place(id, regions[id], here, taken));
	return svg;
}
