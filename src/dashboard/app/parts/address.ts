/** A WhatsApp address as people know it: the number of an account, and all else as it is. */
export const addressText = (id: string): string => id.replace(/^(\d{5,15})@(?:c\.us|s\.whatsapp\.net)$/, '+$1');
