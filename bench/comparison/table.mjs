/** Numbers and tables in Markdown. */
export const number = (value, digits = 1) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const whole = (value) => number(value, 0);

export const spread = (values) => (values.length > 1 ? ` (${number(Math.min(...values))}–${number(Math.max(...values))})` : '');
const row = (cells) => `| ${cells.join(' | ')} |`;
export const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
