/**
 * A pure function of one record of parts that gives its last result again while every part is the very same value:
 * for what is asked at each call and changes with a file.
 */
export function rememberLast<Parts extends object, Result>(make: (parts: Parts) => Result): (parts: Parts) => Result {
  let last: { readonly parts: Parts; readonly result: Result } | undefined;
  return (parts) => {
    if (last === undefined || !areSame(last.parts, parts)) last = { parts, result: make(parts) };
    return last.result;
  };
}

function areSame<Parts extends object>(one: Parts, other: Parts): boolean {
  const names = Object.keys(one) as (keyof Parts)[];
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
