"use strict";

// The images of the folder, by their row in the probe.
linexp.pictures = (() => {
  const { el } = linexp.elements;
  let facts;
  let ids;
  let perFolder;

  function prepare(images, layer) {
    facts = images;
    perFolder = layer.images_a_folder;
    ids = new Map(images.rows.map((row, id) => [row, id]));
    document.documentElement.classList.toggle("small-images", images.width <= 64);
  }

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

  // a picture with what is said below it
  function figure(row, ...lines) {
    return el("figure", { class: "picture" }, picture(row), el("figcaption", null, ...lines));
  }

  return { prepare, address, describe, picture, figure };
})();
