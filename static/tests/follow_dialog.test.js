import { beforeEach, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, queryAllTexts } from "@odoo/hoot-dom";
import { contains, getService, makeMockServer, MockServer, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { defineXeroModels } from "./export_test_helpers";

defineXeroModels();

let progress;
let looks;

/** What the server answers from now on, for two exports. */
function setStates(first, second, finished = false) {
    const states = [first, second];
    const count = (state) => states.filter((other) => other === state).length;
    const waiting = count("waiting");
    progress = {
        total: 2,
        done: 2 - waiting,
        finished: finished || !waiting,
        waiting,
        sending: 0,
        synced: count("synced"),
        failed: count("failed"),
        uncertain: count("uncertain"),
        skipped: 0,
        rows: states.map((state, index) => ({
            id: index + 1,
            name: `INV/000${index + 1}`,
            state,
            message: state === "failed" ? "Account 200 is <archived> in Xero." : "",
        })),
    };
    states.forEach((state, index) => MockServer.env["xero.export"].write([index + 1], { state }));
}

async function follow(params = {}) {
    await mountWithCleanup(WebClient);
    await getService("action").doAction(1);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "account_xero_follow",
        target: "new",
        name: "Export to Xero",
        params: { export_ids: [1, 2], ...params },
    });
}

beforeEach(async () => {
    looks = 0;
    await makeMockServer();
    onRpc("xero.export", "get_progress", ({ args }) => {
        expect(args).toEqual([[1, 2]]);
        looks++;
        return progress;
    });
    onRpc("xero.export", "tell_me_when_done", ({ args }) => {
        expect.step(`tell me ${args[0]}`);
        return true;
    });
});

test("follows every half second until each has an outcome, then closes and says why", async () => {
    setStates("waiting", "waiting");
    await follow();
    expect(".o_xero_follow_count").toHaveText("0 of 2");
    expect(looks).toBe(1);

    setStates("synced", "waiting");
    await advanceTime(500);
    await animationFrame();
    expect(".o_xero_follow_count").toHaveText("1 of 2");
    expect(".o_xero_follow_row[data-state=synced]").toHaveCount(1);
    // The rows below the dialog have moved too
    expect(queryAllTexts(".o_data_cell[name=state]").slice(0, 2)).toEqual(["synced", "waiting"]);
    expect(looks).toBe(2);

    setStates("synced", "failed");
    await advanceTime(500);
    await animationFrame();
    expect(".o_dialog").toHaveCount(0);
    expect(".o_notification").toHaveText(/1 synced, 1 failed\s*INV\/0002: Account 200 is <archived> in Xero\./);
    expect(queryAllTexts(".o_data_cell[name=state]").slice(0, 2)).toEqual(["synced", "failed"]);

    await advanceTime(5000);
    expect(looks).toBe(3);
});

test("what its connection holds back is an answer too", async () => {
    setStates("synced", "waiting", true);
    await follow();
    await animationFrame();
    expect(".o_dialog").toHaveCount(0);
    expect(".o_notification").toHaveText(/1 synced, 1 waiting/);
    expect(looks).toBe(1);
});

test("after 20 seconds the rest goes on in the background, and is followed less often while the dialog is open", async () => {
    setStates("synced", "waiting");
    await follow();
    for (let second = 0; second < 21; second++) {
        await advanceTime(1000);
    }
    await animationFrame();
    expect(".o_xero_follow_background").toHaveText(/notifies you when all documents are done/);
    expect.verifySteps(["tell me 1,2"]);

    const looksInTime = looks;
    setStates("synced", "failed", false);
    Object.assign(progress, { done: 1, finished: false });
    await advanceTime(5000);
    await animationFrame();
    expect(looks).toBe(looksInTime + 1);
    expect(".o_xero_follow_row[data-state=failed]").toHaveCount(1);
    expect.verifySteps([]);
    await contains(".modal-footer button").click();
    expect(".o_dialog").toHaveCount(0);
    await advanceTime(20000);
    expect(looks).toBe(looksInTime + 1);
});

test("a sentence names its document once", async () => {
    setStates("failed", "failed");
    progress.rows[1].message = "Harbour already has a document with the number of INV/0002.";
    await follow();
    await animationFrame();
    const text = queryAllTexts(".o_notification").join();
    expect(text).toInclude("INV/0001: Account 200");
    expect(text).toInclude("Harbour already has a document with the number of INV/0002.");
    expect(text).not.toInclude("INV/0002:");
});

test("what ends in the background closes the dialog, and the server alone reports it", async () => {
    setStates("synced", "waiting");
    await follow();
    await advanceTime(21000);
    expect.verifySteps(["tell me 1,2"]);
    setStates("synced", "synced");
    await advanceTime(5000);
    await animationFrame();
    expect(".o_dialog").toHaveCount(0);
    expect(".o_notification").toHaveCount(0);
});

test("nobody looks any more once it was closed", async () => {
    setStates("waiting", "waiting");
    await follow();
    await contains(".o_dialog .btn-close").click();
    expect(".o_dialog").toHaveCount(0);
    await advanceTime(5000);
    expect(looks).toBe(1);
});

test("of very many it shows some, and counts all that did not go", async () => {
    setStates("failed", "waiting");
    Object.assign(progress, { total: 9000, done: 8999, failed: 700, synced: 8299 });
    await follow();
    expect(".o_xero_follow_more").toHaveCount(1);

    Object.assign(progress, { done: 9000, failed: 701, waiting: 0, finished: true, rows: progress.rows.slice(0, 1) });
    await advanceTime(500);
    await animationFrame();
    expect(".o_notification").toHaveText(/8299 synced, 701 failed\s*INV\/0001: .*\s*… and 700 more/);
});

test("what was left out is said with it, as text", async () => {
    setStates("synced", "waiting");
    await follow({ notice: "Skipped by an invoice admin: <b>INV/7</b>." });
    expect(".o_xero_follow_notice").toHaveText("Skipped by an invoice admin: <b>INV/7</b>.");
    setStates("synced", "synced");
    await advanceTime(500);
    await animationFrame();
    expect(".o_notification").toHaveText(/2 synced\s*Skipped by an invoice admin: <b>INV\/7<\/b>\./);
});
