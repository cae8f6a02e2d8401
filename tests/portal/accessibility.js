// What an eye or a screen reader would stumble over on this page, as a list of sentences.
() => {
  const found = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest("[hidden]");
  const say = (node, text) => found.push(`${text}: ${node.outerHTML.slice(0, 120)}`);
  const named = (node) =>
    (node.getAttribute("aria-label") || node.textContent || node.labels?.[0]?.textContent || "").trim() !== "";

  if (!document.title) found.push("the page has no title");
  if (document.documentElement.lang !== "en") found.push("the page names no language");
  if (document.querySelectorAll("h1").length !== 1) found.push("the page has not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) found.push("the page has not exactly one main");

  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`the id ${id} is there twice`);
  for (const node of document.querySelectorAll("[aria-describedby]"))
    if (!document.getElementById(node.getAttribute("aria-describedby"))) say(node, "describes itself by nothing");

  let level = 0;
  for (const node of document.querySelectorAll("main :is(h1, h2, h3, h4)")) {
    const next = Number(node.tagName[1]);
    if (next > level + 1) say(node, `heading of level ${next} after ${level}`);
    level = next;
  }
  for (const node of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!node.labels?.length && !node.getAttribute("aria-label")) say(node, "field without a label");
  for (const node of document.querySelectorAll("a[href], button, summary")) if (!named(node)) say(node, "no name");
  for (const node of document.querySelectorAll("table")) {
    if (!node.caption) say(node, "table without a caption");
    for (const cell of node.querySelectorAll("th")) if (!cell.scope) say(cell, "heading cell without a scope");
  }
  for (const node of document.querySelectorAll("svg")) if (node.getAttribute("aria-hidden") !== "true") say(node, "picture");

  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const seen = new Set();
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!text || !shown(node) || node.disabled || node.closest(".hidden, .skip, option")) continue;
    const style = getComputedStyle(node);
    const [a, b] = [luminance(channels(style.color).slice(0, 3)), luminance(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const key = `${node.tagName}.${node.className} ${style.color} on ${ground(node)}`;
    if (contrast < (large ? 3 : 4.5) && !seen.has(key)) {
      seen.add(key);
      say(node, `contrast of only ${contrast.toFixed(2)}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`${document.documentElement.scrollWidth} wide`);
  return found;
};
