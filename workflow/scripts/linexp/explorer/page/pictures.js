"use strict";

// The images of the folder, by their row in the probe.
linexp.pictures = (() => {
  const { el } = linexp.elements;
  let facts;
  let ids;
  let of = null; // the neuron whose page shows pictures
  let perFolder;

  function prepare(images, layer) {
    facts = images;
    perFolder = layer.images_a_folder;
    ids = new Map(images.rows.map((row, id) => [row, id]));
    document.documentElement.classList.toggle("small-images", images.width <= 64);
  }

  const isShipped = (row) => ids.has(row);

  // where the network sees an image in its picture: left, top, width and height as shares; null if not known
  function frame(row) {
    const number = facts.frame_of[ids.get(row)];
    return number < 0 ? null : facts.frames[number];
  }

  // what is known of an image
  async function known(row) {
    const id = ids.get(row);
    const some = await linexp.load(`image_facts/${Math.floor(id / facts.facts_a_file)}`);
    return some[id % facts.facts_a_file];
  }

  // pictures from now on are of this neuron, or of none
  const showOf = (neuron) => (of = neuron);

  const address = (row) => {
    const id = ids.get(row);
    return `data/images/${Math.floor(id / perFolder)}/${id}.webp`;
  };

  const className = (row) => facts.classes[facts.class_of[ids.get(row)]];
  const key = (row) => facts.keys[ids.get(row)];
  const describe = (row) => className(row) || `image ${key(row)}`;

  function picture(row, alt = describe(row)) {
    return el("img", {
      src: address(row),
      alt,
      loading: "lazy",
      decoding: "async",
      title: `${className(row)} ${key(row)}`,
    });
  }

  // a picture with what is said below it, which leads to the page of the image
  function figure(row, ...lines) {
    const state = new URLSearchParams(of === null ? { image: row } : { image: row, of });
    return el(
      "figure",
      { class: "picture" },
      el("a", { href: `#${state}` }, picture(row)),
      el("figcaption", null, ...lines),
    );
  }

  return { prepare, address, describe, key, picture, figure, frame, isShipped, showOf, facts: known };
})();
