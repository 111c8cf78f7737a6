import { expect, it } from "vitest";
import { overBothTransports } from "../../support/cloud-caller.ts";
import { COLLABORATOR_ID } from "../../support/cloud-under-test.ts";

const RIGHTS = { collaborationLiveControl: true, collaborationWrite: false };

overBothTransports("collaborators", (test) => {
  const shared = async (): Promise<number> => {
    const projectId = await test.cloud.project();
    await test.ok("create_project_collaborator", { projectId, collaboratorUserId: COLLABORATOR_ID, ...RIGHTS });
    return projectId;
  };

  it("are added with their rights, read, changed and removed", async () => {
    const projectId = await test.cloud.project();
    const collaboratorUserId = COLLABORATOR_ID;
    const added = await test.ok("create_project_collaborator", { projectId, collaboratorUserId, ...RIGHTS });
    expect(added["collaborators"]).toMatchObject([
      { owner: true, permission: "write", liveControl: true },
      { owner: false, publicId: COLLABORATOR_ID, permission: "read", liveControl: true },
    ]);
    expect(await test.ok("read_project_collaborators", { projectId })).toMatchObject({
      userLiveControl: true,
      userPermissions: "write",
      collaborators: [{}, { publicId: COLLABORATOR_ID }],
    });
    const change = { projectId, collaboratorUserId, liveControl: false, write: true };
    expect((await test.ok("update_project_collaborator", change))["collaborators"]).toMatchObject([
      {},
      { permission: "write", liveControl: false },
    ]);
    expect(
      (await test.ok("delete_project_collaborator", { projectId, collaboratorId: COLLABORATOR_ID }))["collaborators"],
    ).toHaveLength(1);
  });

  it("are only users whom the cloud knows, on projects that exist", async () => {
    const projectId = await test.cloud.project();
    for (const collaboratorUserId of [" ", "somebody", "4711"]) {
      await test.refused("create_project_collaborator", { projectId, collaboratorUserId, ...RIGHTS });
    }
    const user = { collaboratorUserId: COLLABORATOR_ID };
    await test.refused("create_project_collaborator", { projectId: -1, ...user, ...RIGHTS });
    await test.refused("read_project_collaborators", { projectId: -1 });
    const rights = { liveControl: true, write: true };
    expect(await test.refused("update_project_collaborator", { projectId, ...user, ...rights })).toContain("not found");
    await test.refused("update_project_collaborator", { projectId: -1, ...user, ...rights });
    await test.refused("delete_project_collaborator", { projectId, collaboratorId: " " });
    await test.refused("delete_project_collaborator", { projectId: -1, collaboratorId: COLLABORATOR_ID });
    await test.refused("lock_project_with_collaborators", { projectId: -1, codeSourceId: "me" });
  });

  it("make a lock necessary before files change, which the last one who asks for it holds", async () => {
    const projectId = await shared();
    const change = { projectId, name: "main.py", content: "changed" };
    expect(await test.refused("update_file_contents", { ...change, codeSourceId: "me" })).toMatch(/write permission/);
    await test.ok("lock_project_with_collaborators", { projectId, codeSourceId: "me" });
    await test.ok("read_file", { projectId, codeSourceId: "me" });
    await test.ok("update_file_contents", { ...change, codeSourceId: "me" });
    await test.ok("lock_project_with_collaborators", { projectId, codeSourceId: "another" });
    expect(await test.refused("create_file", { projectId, name: "b.py", codeSourceId: "me" })).toMatch(/lock/);
    await test.refused("delete_file", { projectId, name: "main.py", codeSourceId: "me" });
    await test.ok("create_file", { projectId, name: "b.py", codeSourceId: "another" });
  });

  it("make no lock necessary once they are gone", async () => {
    const projectId = await shared();
    await test.refused("create_file", { projectId, name: "b.py", codeSourceId: "me" });
    await test.ok("delete_project_collaborator", { projectId, collaboratorId: COLLABORATOR_ID });
    expect((await test.ok("create_file", { projectId, name: "b.py" })).success).toBe(true);
  });
});
