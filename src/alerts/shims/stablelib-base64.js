/** Replaces @stablelib/base64, of which the signer of webhooks needs two functions. */
export const encode = (bytes) => btoa(String.fromCharCode(...bytes))
export const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
