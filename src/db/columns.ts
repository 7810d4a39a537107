/**
 * How rows are mapped, in every store: one table of a thing's properties says which column holds which. As it answers, the database
 * itself renames them: `select(COLUMNS)`, or `selected(COLUMNS)` in a statement that is written out. `fromRow` parses those that
 * are JSON; `toRow` and `valuesOf` write. Conditions name the columns.
 */
export type Columns<Thing> = Readonly<Record<keyof Thing, string>>;

type Value = string | number | null;

/** Lists and objects are kept as JSON. */
const toValue = (value: unknown): Value => (typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value));

/** These values by their columns. What is undefined is left out. */
export function toRow<Property extends string>(
  columns: Readonly<Record<Property, string>>,
  values: Partial<Record<NoInfer<Property>, unknown>>,
): Record<string, Value> {
  const row: Record<string, Value> = {};
  for (const property in columns) if (values[property] !== undefined) row[columns[property]] = toValue(values[property]);
  return row;
}

/** The values in the order of their columns, for a statement that is written out. */
export function valuesOf<Property extends string>(
  columns: Readonly<Record<Property, string>>,
  thing: Record<NoInfer<Property>, unknown>,
): Value[] {
  return Object.keys(columns).map((property) => toValue(thing[property as Property]));
}

/** `tenant_id AS "tenantId", …` */
export const selected = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([property, column]) => `${column} AS "${property}"`)
    .join(', ');

/** For a statement in which more tables have such columns. */
export const ofTable = <Property extends string>(
  table: string,
  columns: Readonly<Record<Property, string>>,
): Readonly<Record<Property, string>> => {
  const entries = Object.entries<string>(columns).map(([property, column]) => [property, `${table}.${column}`]);
  return Object.fromEntries(entries) as Record<Property, string>;
};

/** Makes of a row that was renamed the thing that it is, without what else stands in it: these of its properties are JSON, or null. */
export function fromRow<Thing>(columns: Columns<Thing>, ...json: readonly (keyof Thing)[]): (row: object) => Thing {
  const properties = Object.keys(columns) as (keyof Thing & string)[];
  return (row) => {
    const thing: Partial<Record<keyof Thing, unknown>> = {};
    for (const property of properties) {
      const value = (row as Record<string, unknown>)[property];
      thing[property] = typeof value === 'string' && json.includes(property) ? JSON.parse(value) : value;
    }
    return thing as Thing;
  };
}
