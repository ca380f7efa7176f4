// Moving the rows of a list with the pointer. The keyboard has buttons for the same.

/**
 * Lets the rows be dragged by their grips, from now on and after every redrawing.
 * @param {HTMLElement} list
 * @param {{row: string, grip: string, moved: (from: number, to: number) => void}} how selectors, and who is told of a row's old and new place
 */
export function makeReorderable(list, { row: rowSelector, grip, moved }) {
  list.addEventListener('pointerdown', (event) => {
    const held = /** @type {HTMLElement} */ (event.target).closest(grip);
    const row = /** @type {HTMLElement|null} */ (held?.closest(rowSelector) ?? null);
    if (!held || !row || event.button !== 0) return;
    event.preventDefault();
    const rows = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(rowSelector)]);
    const from = rows.indexOf(row);
    const places = rows.map((one) => one.getBoundingClientRect());
    const began = event.clientY + window.scrollY;
    let to = from;
    held.setPointerCapture(event.pointerId);
    row.classList.add('dragged');

    const move = (/** @type {PointerEvent} */ now) => {
      const by = now.clientY + window.scrollY - began;
      const middle = places[from].top + places[from].height / 2 + by;
      to = places.filter((place, at) => at !== from && place.top + place.height / 2 < middle).length;
      rows.forEach((one, at) => {
        const aside = at > from && at <= to ? -1 : at < from && at >= to ? 1 : 0;
        one.style.transform = `translateY(${at === from ? by : aside * places[from].height}px)`;
      });
    };
    const end = (/** @type {Event} */ how) => {
      held.removeEventListener('pointermove', /** @type {any} */ (move));
      for (const name of ['pointerup', 'lostpointercapture']) held.removeEventListener(name, end);
      row.classList.remove('dragged');
      for (const one of rows) one.style.transform = '';
      if (how.type === 'pointerup' && to !== from) moved(from, to);
    };
    held.addEventListener('pointermove', /** @type {any} */ (move));
    // Losing the pointer otherwise, as by a redrawing, moves nothing.
    for (const name of ['pointerup', 'lostpointercapture']) held.addEventListener(name, end);
  });
}
