// Text from elsewhere on somebody's terminal. Reasons and troubles quote what agents and images said: a control character in them
// could move the cursor, hide lines or answer for the operator.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** One line, every control character and change of writing direction replaced by `�`. */
export function plainText(text: string): string {
  return text.replace(controls, '\ufffd')
}
