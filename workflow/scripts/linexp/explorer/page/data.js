"use strict";

// What lies in data/ as scripts: each calls linexp.receive with its name and its value.
const linexp = (() => {
  const slots = new Map();

  function slot(name) {
    if (!slots.has(name)) slots.set(name, Promise.withResolvers?.() ?? withResolvers());
    return slots.get(name);
  }

  function withResolvers() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
  }

  function receive(name, value) {
    slot(name).resolve(value);
  }

  // the value of data/{name}.js, which is loaded once
  function load(name) {
    if (slots.has(name)) return slots.get(name).promise;
    const { promise, reject } = slot(name);
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onerror = () => {
      slots.delete(name);
      reject(new Error(`data/${name}.js cannot be loaded: copy the whole folder of this page, or make it again`));
    };
    document.head.append(script);
    return promise;
  }

  // float32 numbers from base64
  function unpack(text) {
    const bytes = atob(text);
    const numbers = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) numbers[i] = bytes.charCodeAt(i);
    return new Float32Array(numbers.buffer);
  }

  const unpacked = new Map();

  // the simulator's P of one concept on the sample
  async function presence(concept, layer) {
    const file = Math.floor(concept / layer.concepts_a_file);
    if (!unpacked.has(file)) unpacked.set(file, load(`presence/${file}`).then(unpack));
    const columns = await unpacked.get(file);
    const size = layer.sample.length;
    const begin = (concept % layer.concepts_a_file) * size;
    return columns.subarray(begin, begin + size);
  }

  return { receive, load, unpack, presence };
})();
