/*
 * page.mjs URL PLAYWRIGHT SHOTS: walks the page in Chromium, as a person does.
 *
 * Each walk has a browser context of its own.  Prints "ok NAME", or why not;
 * SHOTS, if not empty, is the folder for pictures of the page.
 */
import { strict as assert } from "node:assert";
import { createRequire } from "node:module";

const [url, playwright, shots] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(playwright);

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];

async function tile(page, name) {
	return page.locator("#tiles div", { hasText: name }).locator("dd").innerText();
}

async function chosen(page, network) {
	await page.getByRole("searchbox", { name: "Find a network" }).fill(network);
	await page.locator("#found").getByRole("button", { name: network, exact: true })
	    .click();
	await page.getByRole("heading", { name: `Network ${network}` }).waitFor();
}

async function shown(page, width) {
	const [needed, there] = await page.evaluate(
	    () => [document.documentElement.scrollWidth, innerWidth]);
	assert.equal(there, width);
	assert.ok(needed <= width, `${needed} pixels on ${width}`);
}

const walks = {
	async "tells what the node does now"(page) {
		await page.getByRole("status").filter({ hasText: "answers" }).waitFor();
		await page.getByText("node-1, ord").waitFor();
		/* Questions come all the time: two looks differ, and are told. */
		await page.waitForFunction(() => [...document.querySelectorAll("#tiles div")]
		    .some(d => d.innerText.startsWith("answers a second") &&
		        parseFloat(d.querySelector("dd").innerText) > 0));
		assert.match(await tile(page, "half within"), /µs|ms/);
		assert.match(await tile(page, "cursor"), /sample-1/);
		await page.getByRole("img", { name: /Answers a second: .* private/ }).waitFor();
		const table = page.getByRole("region", { name: "Upstreams" });
		await table.getByText("udp://192.0.2.1:53").waitFor();
		await table.getByText("answers").waitFor();
	},

	async "tells who asks for most"(page) {
		await page.locator("#top-names").getByText("paulgra-ham.internal").waitFor();
		await page.locator("#top-askers").getByText("fdaa:0:18::77").waitFor();
		await page.locator("#top-networks").getByRole("button", { name: "acme" })
		    .click();
		await page.getByRole("heading", { name: "Network acme" }).waitFor();
	},

	async "goes on telling"(page) {
		const up = () => page.locator("#upstreams td:nth-child(8)").innerText();
		await page.locator("#upstreams td").first().waitFor();
		const before = await up();
		await page.waitForFunction(old => document.querySelector(
		    "#upstreams td:nth-child(8)").innerText !== old, before);
	},

	async "finds one of ten thousand networks"(page) {
		await chosen(page, "net-07777");
		assert.equal(await page.locator("#found li").count(), 1);
		await page.getByText("fd77:7777::/32").waitFor();
		await page.getByRole("searchbox").fill("");
		await page.getByText("1 to 50").waitFor();
		await page.getByRole("button", { name: "After" }).click();
		await page.getByText("51 to 100").waitFor();
		assert.equal(await page.locator("#found li").count(), 50);
	},

	async "shows what is in a network"(page) {
		await chosen(page, "acme");
		const one = page.locator("#one");
		await one.getByRole("row", { name: /random-potato-45.* 4 0 1/ }).waitFor();
		await one.getByRole("row", { name: /f066b83b ord started/ }).waitFor();
		await one.getByRole("row", { name: /visitor .*ended/ }).waitFor();
	},

	async "draws the regions"(page) {
		const map = page.getByRole("img", { name: /Map of \d+ regions/ });
		await map.waitFor();
		assert.equal(await map.locator("circle").count(), 15);
		assert.equal(await map.locator(".trip").count(), 14);
		await page.getByRole("region", { name: "Regions" })
		    .getByRole("row", { name: /iad 2 \d+\.\d ms/ }).waitFor();
	},

	async "explains by keyboard alone"(page) {
		const name = page.getByRole("textbox", { name: "Name" });
		await name.focus();
		await page.keyboard.type("top1.nearest.of.random-potato-45.internal");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		await page.keyboard.type("acme");
		await page.keyboard.press("Enter");
		const why = page.locator("#why");
		await why.getByText("answered:").waitFor();
		await why.getByText("left out: farther than those taken").first().waitFor();
		assert.match(await why.locator("pre").innerText(), /AAAA\s+fdaa:0:18:/);
		await name.fill("a..b");
		await page.keyboard.press("Enter");
		await why.getByText("not a name of the DNS").waitFor();
	},

	async "is reached by keyboard, and says what each thing is"(page) {
		await page.keyboard.press("Tab");
		await page.getByRole("link", { name: "Skip to content" }).and(
		    page.locator(":focus")).waitFor();
		const nameless = await page.evaluate(() => [...document.querySelectorAll(
		    "input, select, canvas, svg, section, .wide, button, meter")]
		    .filter(n => !(n.labels?.length || n.ariaLabel || n.textContent.trim() ||
		        n.getAttribute("aria-labelledby"))).map(n => n.outerHTML));
		assert.deepEqual(nameless, []);
	},

	async "leaves hostile text text"(page) {
		await chosen(page, "hostile");
		const one = page.locator("#one");
		await one.getByText("k=<script>document.title='hacked'</script>")
		    .waitFor();
		await one.getByText("<img src=x onerror=alert(1)>").waitFor();
		await page.getByRole("textbox", { name: "Name" })
		    .fill("<img/src=x/onerror=alert(1)>.internal");
		await page.getByRole("button", { name: "Explain" }).click();
		await page.locator("#why pre").getByText("<img/src=x/onerror").first().waitFor();
		assert.equal(await page.locator("#one script, main img").count(), 0);
		assert.doesNotMatch(await page.title(), /hacked/);
	},
};

async function walk(browser, name, steps, problems) {
	const context = await browser.newContext({
		viewport: { width: 1400, height: 1000 } });
	const page = await context.newPage();
	page.setDefaultTimeout(30000);
	page.on("pageerror", e => problems.push(e.message));
	page.on("dialog", d => { problems.push(d.message()); d.dismiss(); });
	page.on("console", m => {
		/* A question that is none is answered so; that is no problem. */
		if (["error", "warning"].includes(m.type()) &&
		    !m.text().includes("status of 400"))
			problems.push(m.text());
	});
	page.on("request", r => {
		if (!r.url().startsWith(url))
			problems.push(`asks ${r.url()}`);
	});
	await page.goto(url);
	await steps(page);
	await shown(page, 1400);
	await context.close();
}

/* On a wall by day, on a telephone by night. */
async function picture(browser, name, width, height, colorScheme) {
	const context = await browser.newContext({ viewport: { width, height },
		colorScheme });
	const page = await context.newPage();
	await page.goto(url);
	await chosen(page, "acme");
	await page.getByRole("textbox", { name: "Name" }).fill("shop.internal");
	await page.getByRole("button", { name: "Explain" }).click();
	await page.locator("#why pre").waitFor();
	await page.waitForFunction(
	    () => document.querySelectorAll("#tiles div").length > 9);
	await shown(page, width);
	const ground = await page.evaluate(
	    () => getComputedStyle(document.body).backgroundColor);
	assert.equal(parseInt(ground.slice(4)) < 128, colorScheme === "dark");
	if (shots) {
		await page.waitForTimeout(15000); /* for curves worth a picture */
		await page.evaluate(() => scrollTo(0, 0));
		await page.waitForTimeout(1000);
		await page.screenshot({ path: `${shots}/page-${name}.png` });
	}
	await context.close();
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
	args: flags });
let bad = 0;
for (const [name, steps] of Object.entries(walks)) {
	const problems = [];
	try {
		await walk(browser, name, steps, problems);
		assert.deepEqual(problems, []);
		console.log(`ok ${name}`);
	} catch (e) {
		bad++;
		console.log(`not ok ${name}: ${e.message} ${problems.join("; ")}`);
	}
}
await picture(browser, "wide", 1400, 1000, "light");
await picture(browser, "narrow", 390, 844, "dark");
console.log("ok pictures");
await browser.close();
process.exit(bad ? 1 : 0);
