/** What is seen of WhatsApp Web, as far as wppconnect looks at it: the QR code, the bar while messages load, the chats. */
const show = (html) => {
  document.getElementById('app').innerHTML = html;
};

/** wppconnect reads the code beside the picture, and the picture as it is: it need not show the code. */
export function showQr(code) {
  show(`<div><div class="landing-wrapper"><div data-ref="${code}"><canvas width="264" height="264"></canvas></div></div></div>`);
}

/** Something that has to be done first; over what is there, or instead of it. */
export function cover(html, over) {
  const gate = `<div id="gate" role="dialog" style="position: fixed; inset: 0; background: white">${html}</div>`;
  if (!over) return show(gate);
  uncover();
  document.getElementById('app').insertAdjacentHTML('beforeend', gate);
}

export function uncover() {
  document.getElementById('gate')?.remove();
}

export function showProgress(percent) {
  show(`<div><div><div></div><div>Organizing messages</div><div><progress value="${percent}" max="100"></progress></div></div></div>`);
}

export function showChats() {
  show('<div class="two app" tabindex="-1"><div id="side"></div></div>');
}

/** Over the chats, whatever they show meanwhile, until one of its buttons is pressed. */
export function showDialog(title, text, buttons, pressed) {
  const dialog = document.createElement('div');
  dialog.innerHTML = `<div style="position: fixed; inset: 0"><div role="dialog" style="margin: 20vh auto; width: 400px; background: white"><h1>${title}</h1><p>${text}</p></div></div>`;
  for (const name of buttons) {
    const button = document.createElement('div');
    button.setAttribute('role', 'button');
    button.innerHTML = `<span>${name}</span>`;
    button.addEventListener('click', () => {
      dialog.remove();
      pressed(name);
    });
    dialog.querySelector('[role=dialog]').append(button);
  }
  document.body.append(dialog);
}
