/*
 * user_function.mjs: finds the handler that _HANDLER names, with AWS's order of search and its errors.
 *
 * "dir/file.export" is searched for as file, file.js, file.mjs and file.cjs under the task root, then as an
 * installed package.  Bare imports that are not in the function's package come from its layers, or from the
 * runtime's own node_modules.
 */
import fs from "node:fs";
import Module, { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  CallbackHandlerDeprecated, HandlerNotFound, ImportModuleError, MalformedHandlerName,
  UserCodeSyntaxError,
} from "./errors.mjs";

const require = createRequire(import.meta.url);
const OWN_MODULES = fileURLToPath(new URL("node_modules", import.meta.url));

function samePlace(one, other) {
  try {
    return fs.realpathSync(one) === fs.realpathSync(other);
  } catch {
    return false;
  }
}

/* Where AWS's runtime of that generation searches the folder with the layers. */
function layerFolders(layers, generation) {
  return layers ? [path.join(layers, "nodejs", `node${generation}`), path.join(layers, "nodejs")] : [];
}

/*
 * require() searches NODE_PATH, import does not.  With a node_modules link beside the task root both find our
 * packages without help; otherwise a resolve hook finds them, and those of layers, which on Node.js before
 * 22.15 runs on a thread of its own and costs 25 ms at start.
 */
async function lendModules(taskRoot, folders) {
  const searched = [...folders.map((folder) => path.join(folder, "node_modules")), OWN_MODULES];

  process.env.NODE_PATH = [process.env.NODE_PATH, ...searched].filter(Boolean).join(path.delimiter);
  Module._initPaths();
  if (folders.length === 0 && samePlace(path.join(path.dirname(taskRoot), "node_modules"), OWN_MODULES))
    return;
  const places = folders.map((folder) => pathToFileURL(path.join(folder, "any.mjs")).href);
  if (Module.registerHooks) {
    const hook = await import("./resolve.mjs");
    hook.initialize(places);
    Module.registerHooks({ resolve: hook.resolveNow });
  } else {
    Module.register?.("./resolve.mjs", import.meta.url, { data: places });
  }
}

/* Version 2 of the AWS SDK for JavaScript does not read AWS_ENDPOINT_URL; version 3 does. */
function lendEndpointToOldSdk() {
  const load = Module._extensions[".js"];

  Module._extensions[".js"] = (module, file) => {
    load(module, file);
    if (/[\\/]aws-sdk[\\/]lib[\\/]node_loader\.js$/.test(file) && process.env.AWS_ENDPOINT_URL)
      module.exports.config.update({ endpoint: process.env.AWS_ENDPOINT_URL });
  };
}

function splitHandlerName(name) {
  if (name.includes(".."))
    throw new MalformedHandlerName(`'${name}' is not a valid handler name. ` +
      "Use absolute paths when specifying root directories in handler names.");
  const match = /^([^.]*)\.(.*)$/.exec(path.basename(name));
  if (!match)
    throw new MalformedHandlerName("Bad handler");
  return [path.join(path.dirname(name), match[1]), match[2].split(".")];
}

/* Does the nearest package.json above the file say that .js is an ES module? */
function isEsmPackage(file, taskRoot) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    try {
      const text = fs.readFileSync(path.join(folder, "package.json"), "utf8");
      return JSON.parse(text).type === "module";
    } catch (error) {
      if (error.code !== "ENOENT")
        return false;
    }
    if (folder === taskRoot || folder === path.dirname(folder))
      return false;
  }
}

async function loadModule(taskRoot, moduleName) {
  const file = path.resolve(taskRoot, moduleName);
  const exists = (extension) => fs.statSync(file + extension, { throwIfNoEntry: false })?.isFile();

  if (exists(""))
    return require(file);
  if (exists(".js"))
    return isEsmPackage(file, taskRoot) ? import(pathToFileURL(`${file}.js`)) : require(`${file}.js`);
  if (exists(".mjs"))
    return import(pathToFileURL(`${file}.mjs`));
  if (exists(".cjs"))
    return require(`${file}.cjs`);
  return require(require.resolve(moduleName, { paths: [taskRoot, path.dirname(file)] }));
}

async function loadModuleOrExplain(taskRoot, moduleName) {
  try {
    return await loadModule(taskRoot, moduleName);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new UserCodeSyntaxError(error);
    if (error?.code === "MODULE_NOT_FOUND")
      throw new ImportModuleError(error);
    throw error;
  }
}

/* The handler function, or an error as AWS words it. */
export async function loadHandler(taskRoot, handlerName, { layers, generation, callbacksAllowed }) {
  const [moduleName, names] = splitHandlerName(handlerName);
  await lendModules(taskRoot, layerFolders(layers, generation));
  lendEndpointToOldSdk();
  const loaded = await loadModuleOrExplain(taskRoot, moduleName);
  const handler = names.reduce((object, name) => object?.[name], loaded);

  if (!handler)
    throw new HandlerNotFound(`${handlerName} is undefined or not exported`);
  if (typeof handler !== "function")
    throw new HandlerNotFound(`${handlerName} is not a function`);
  if (!callbacksAllowed && handler.length >= 3)
    throw new CallbackHandlerDeprecated("AWS Lambda has removed support for callback-based function " +
      "handlers starting with Node.js 24. You need to modify this function to use a supported handler " +
      "signature to use Node.js 24 or later. For more information see " +
      "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.");
  return handler;
}
