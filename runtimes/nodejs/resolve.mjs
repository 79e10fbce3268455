/*
 * resolve.mjs: the hook that finds bare imports in places that import does not search: the node_modules of
 * layers, and last of all the runtime's own.  `resolve` is for module.register (on a thread of its own),
 * `resolveNow` for module.registerHooks.
 */
let places = [import.meta.url];

/* URLs of files beside whose folder's node_modules to search, in this order. */
export function initialize(others) {
  places = [...others, import.meta.url];
}

function isBare(error, specifier) {
  return error.code === "ERR_MODULE_NOT_FOUND" && !/^[./]|^[a-z]+:/.test(specifier);
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!isBare(error, specifier))
      throw error;
    for (const parentURL of places)
      try {
        return await next(specifier, { ...context, parentURL });
      } catch { /* the next place may have it */ }
    throw error;
  }
}

export function resolveNow(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isBare(error, specifier))
      throw error;
    for (const parentURL of places)
      try {
        return next(specifier, { ...context, parentURL });
      } catch { /* the next place may have it */ }
    throw error;
  }
}
