/** Everything of ours lies below this path; nothing below it ever reaches the origin. */
export const PREFIX = '/__waiting-room'
