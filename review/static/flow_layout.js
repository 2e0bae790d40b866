// Where the parties of a flow graph stand: money runs from left to right. Payers of the suspect stand
// to its left, whom it paid to its right, who is further along the money further out; in each
// column the largest on top.
"use strict";
globalThis.flowPositions = (names, edges, centre) => {
  const ROW = 34;
  const COLUMN = 190;
  const ROWS = 18;
  const fen = (edge) => edge.weeks.reduce((sum, week) => sum + week[2], 0);
  const amounts = new Map();
  const next = new Map(names.map((name) => [name, { after: new Map(), before: new Map() }]));
  for (const edge of edges) {
    const sum = fen(edge);
    for (const end of [edge.from, edge.to]) amounts.set(end, (amounts.get(end) || 0) + sum);
    next.get(edge.from).after.set(edge.to, sum);
    next.get(edge.to).before.set(edge.from, sum);
  }

  // Steps from the suspect, along the money (positive) or against it (negative); the larger way wins.
  const level = new Map([[centre, 0]]);
  let edge = [centre];
  while (edge.length) {
    const found = [];
    for (const from of edge) {
      const here = level.get(from);
      const { after, before } = next.get(from);
      for (const other of new Set([...after.keys(), ...before.keys()])) {
        if (level.has(other)) continue;
        const out = (after.get(other) || 0) >= (before.get(other) || 0);
        // Beyond the first step a party stays on the side of the one that led to it.
        level.set(other, here === 0 ? (out ? 1 : -1) : here + Math.sign(here));
        found.push(other);
      }
    }
    edge = found;
  }

  const columns = new Map();
  for (const name of names) {
    const at = level.has(name) ? level.get(name) : Infinity;
    columns.set(at, [...(columns.get(at) || []), name]);
  }
  const positions = {};
  const place = (column, x, direction) => {
    column.sort((a, b) => (amounts.get(b) || 0) - (amounts.get(a) || 0) || (a < b ? -1 : 1));
    const wide = Math.max(1, Math.ceil(column.length / ROWS));
    const tall = Math.ceil(column.length / wide);
    column.forEach((name, index) => {
      const row = index % tall;
      const held = Math.min(tall, column.length - Math.floor(index / tall) * tall);
      positions[name] = { x: x + direction * Math.floor(index / tall) * COLUMN, y: (row - (held - 1) / 2) * ROW };
    });
    return x + direction * wide * COLUMN;
  };
  place(columns.get(0) || [], 0, 1);
  const levels = [...columns.keys()].filter((each) => each !== 0 && each !== Infinity);
  for (const direction of [1, -1]) {
    let x = direction * COLUMN * 1.5;
    for (const at of levels.filter((each) => Math.sign(each) === direction).sort((a, b) => Math.abs(a) - Math.abs(b))) {
      x = place(columns.get(at), x, direction);
    }
    if (direction === 1) place(columns.get(Infinity) || [], x, 1);
  }
  return positions;
};
