/**
 * Copies a text. Pages over plain HTTP have no clipboard but the old one, of what is selected.
 *
 * @param {string} text
 * @returns {Promise<boolean>} whether it worked
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'off-screen';
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    return isCopied;
  }
}

/** Makes the copy buttons work that are within Markdown. */
export function copyOnClick() {
  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest?.('button[data-copy]');
    const code = button?.closest('.code')?.querySelector('code')?.textContent;
    if (!button || code == null) return;
    void copyText(code).then((isCopied) => {
      button.textContent = isCopied ? 'Copied' : 'Not copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    });
  });
}
