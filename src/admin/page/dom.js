/** Builds elements; all text goes through text nodes, none is ever read as HTML. */

export const byId = (id) => document.getElementById(id);

/** Makes an element with attributes and children; `undefined` leaves an attribute out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Changes a text only when it differs, so that what a reader has selected stays. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Makes the content of `target` look like `children`, touching only what differs: focus and selection stay. */
export function replaceContent(target, children) {
  const wanted = element(target.localName, {}, ...children);
  morphChildren(target, wanted);
}

function morphChildren(target, wanted) {
  const nodes = [...wanted.childNodes];
  while (target.childNodes.length > nodes.length) target.lastChild.remove();
  nodes.forEach((node, at) => {
    const old = target.childNodes[at];
    if (old === undefined) target.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (old.data !== node.data) old.data = node.data;
    } else {
      morphAttributes(old, node);
      morphChildren(old, node);
    }
  });
}

function morphAttributes(old, node) {
  for (const { name } of [...old.attributes]) {
    if (!node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/** A time: how long ago, with the exact one for who wants it. */
export function timeElement(text, rfc3339) {
  const exact = new Date(rfc3339).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "medium",
  });
  return element("time", { datetime: rfc3339, title: exact }, text);
}
