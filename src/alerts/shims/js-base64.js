/** Replaces js-base64, of which our mails need one function. */
export const Base64 = { encode: (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))) }
