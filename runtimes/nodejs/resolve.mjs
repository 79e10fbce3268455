/*
 * resolve.mjs: the hook that finds bare imports in the runtime's own node_modules, last of all places.
 * `resolve` is for module.register (on a thread of its own), `resolveNow` for module.registerHooks.
 */
function isOurs(error, specifier) {
  return error.code === "ERR_MODULE_NOT_FOUND" && !/^[./]|^[a-z]+:/.test(specifier);
}

function asOurs(context) {
  return { ...context, parentURL: import.meta.url };
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!isOurs(error, specifier))
      throw error;
    return next(specifier, asOurs(context)).catch(() => { throw error; });
  }
}

export function resolveNow(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isOurs(error, specifier))
      throw error;
    try {
      return next(specifier, asOurs(context));
    } catch {
      throw error;
    }
  }
}
