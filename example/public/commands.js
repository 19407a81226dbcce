// @ts-check
// A command to be copied: a <pre> with a button that does it.

/** @param {HTMLElement} pre @param {string} command */
export function showCommand (pre, command) {
  pre.textContent = command
  const block = document.createElement('div')
  block.className = 'command'
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  pre.replaceWith(block)
  block.append(pre, button)
  button.addEventListener('click', () => copy(button, command))
}

/** Copies a text and says so on the button that was pressed. @param {HTMLButtonElement} button @param {string} text */
export async function copy (button, text) {
  const label = button.textContent
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = 'Copied'
  } catch {
    // Not over plain HTTP from another machine, and not where it was forbidden.
    button.textContent = 'Copy it by hand'
  }
  setTimeout(() => { button.textContent = label }, 1500)
}
