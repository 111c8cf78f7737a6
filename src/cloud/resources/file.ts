import { z } from "zod";
import { apiTime } from "../api-time.ts";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, safePath, wholeNumber } from "../input-fields.ts";
import { applyPatch } from "../patch/apply-patch.ts";
import { parsePatch } from "../patch/parse-patch.ts";
import type { CloudFile } from "../ports.ts";
import { businessError, type ReplyBody, reply } from "../reply.ts";
import { withEditableProject } from "./editable-project.ts";
import { orBusinessError, withProject } from "./found-project.ts";

const editing = { projectId: wholeNumber, codeSourceId: absent(z.string()) };
const named = { ...editing, name: safePath };
const NO_EMPTY = "expected a text that is not empty";
const createSchema = z.object({ ...named, content: absent(z.string().min(1, NO_EMPTY)) });
const readSchema = z.object({ projectId: wholeNumber, name: absent(filledText) });
const updateSchema = z
  .object({ ...named, newName: absent(safePath), content: absent(z.string().min(1, NO_EMPTY)) })
  .refine(({ newName, content }) => newName !== undefined || content !== undefined, "expected newName or content");
const patchSchema = z.object({ ...editing, patch: filledText });

export const fileEndpoints: Endpoints = {
  "/files/create": endpoint(createSchema, ({ name, content = "", ...input }, context) =>
    withEditableProject(input, context, async ({ projectId }) => {
      const { store, clock } = context;
      if ((await store.files.read(projectId, name)) !== undefined)
        return businessError("File already exist in this project");
      const now = clock.now();
      await store.files.change(projectId, { [name]: content }, now);
      return reply({ files: [fileBody(projectId, { name, content, modified: now })] });
    }),
  ),

  "/files/read": endpoint(readSchema, ({ projectId, name }, context) =>
    withProject(projectId, context, async () => {
      const { files } = context.store;
      if (name === undefined) {
        return reply({ files: (await files.list(projectId)).map((file) => fileBody(projectId, file)) });
      }
      const file = await files.read(projectId, name);
      return file === undefined ? noFile(name) : reply({ files: [fileBody(projectId, file)] });
    }),
  ),

  "/files/update": endpoint(updateSchema, ({ name, newName = name, content, ...input }, context) =>
    withEditableProject(input, context, async ({ projectId }) => {
      const { store, clock } = context;
      const file = await store.files.read(projectId, name);
      if (file === undefined) return noFile(name);
      if (newName !== name && (await store.files.read(projectId, newName)) !== undefined) {
        return businessError(`File already exist in this project: ${newName}`);
      }
      const now = clock.now();
      const text = content ?? file.content;
      await store.files.change(projectId, { ...(newName === name ? {} : { [name]: null }), [newName]: text }, now);
      return reply({ files: [fileBody(projectId, { name: newName, content: text, modified: now })] });
    }),
  ),

  "/files/patch": endpoint(patchSchema, ({ patch, ...input }, context) =>
    withEditableProject(input, context, async ({ projectId }) => {
      const { store, clock } = context;
      const files = new Map((await store.files.list(projectId)).map(({ name, content }) => [name, content]));
      return orBusinessError(parsePatch(patch), (patches) =>
        orBusinessError(applyPatch(files, patches), async (changes) => {
          const unsafe = Object.keys(changes).find((name) => !safePath.safeParse(name).success);
          if (unsafe !== undefined) return businessError(`Invalid file name in the patch: ${unsafe}`);
          await store.files.change(projectId, changes, clock.now());
          return reply();
        }),
      );
    }),
  ),

  "/files/delete": endpoint(z.object(named), ({ name, ...input }, context) =>
    withEditableProject(input, context, async ({ projectId }) => {
      const { store, clock } = context;
      if ((await store.files.read(projectId, name)) === undefined) return noFile(name);
      await store.files.change(projectId, { [name]: null }, clock.now());
      return reply();
    }),
  ),
};

function noFile(name: string): ReturnType<typeof businessError> {
  return businessError(`File not found: ${name}`);
}

function fileBody(projectId: number, { name, content, modified }: CloudFile): ReplyBody {
  return { projectId, name, content, modified: apiTime(modified), open: false, isLibrary: false };
}
