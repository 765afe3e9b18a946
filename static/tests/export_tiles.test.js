import { expect, test } from "@odoo/hoot";
import { animationFrame, queryAll, queryAllAttributes, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { contains, MockServer, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { PROGRESS } from "@account_xero/follow/follow_dialog";
import { defineXeroModels } from "./export_test_helpers";

defineXeroModels();

const mountList = (options) => mountView({ type: "list", resModel: "xero.export", ...options });

test("a tile for each state, with its number", async () => {
    await mountList();
    expect(queryAllAttributes(".o_xero_tile", "data-filter")).toEqual(["failed", "waiting", "uncertain", "synced", "skipped"]);
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["2", "1", "0", "1", "0"]);
});

test("the cards have the tiles too", async () => {
    await mountView({ type: "kanban", resModel: "xero.export" });
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["2", "1", "0", "1", "0"]);
});

test("only the numbers of the list's own documents", async () => {
    await mountList({ domain: [["id", "in", [1, 3]]] });
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["1", "1", "0", "0", "0"]);
});

test("what differs from Xero has a tile when there is any", async () => {
    onRpc("xero.export", "retrieve_tiles", () => ({ synced: 1, different: 1 }));
    await mountList();
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["0", "0", "0", "1", "0", "1"]);
    await contains(".o_xero_tile[data-filter=different]").click();
    expect(queryAllTexts(".o_data_cell[name=document_name]")).toEqual(["INV/0004"]);
});

test("a click toggles the filter of that name, in place of another tile's", async () => {
    await mountList();
    expect(".o_data_row").toHaveCount(4);

    await contains(".o_xero_tile[data-filter=failed]").click();
    expect(queryAllTexts(".o_data_cell[name=document_name]")).toEqual(["INV/0001", "INV/0002"]);
    expect(queryAllTexts(".o_searchview_facet")).toEqual(["Failed"]);
    expect(".o_xero_tile_active").toHaveCount(1);
    expect(".o_xero_tile_active").toHaveAttribute("data-filter", "failed");
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["2", "1", "0", "1", "0"]);

    await contains(".o_xero_tile[data-filter=synced]").click();
    expect(queryAllTexts(".o_data_cell[name=document_name]")).toEqual(["INV/0004"]);
    expect(queryAllTexts(".o_searchview_facet")).toEqual(["Synced"]);

    await contains(".o_xero_tile[data-filter=synced]").click();
    expect(".o_data_row").toHaveCount(4);
    expect(".o_searchview_facet").toHaveCount(0);
    expect(".o_xero_tile_active").toHaveCount(0);
});

test("a tile replaces the filter with which the menus open the list", async () => {
    await mountList({ context: { search_default_attention: 1 } });
    expect(queryAllTexts(".o_searchview_facet")).toEqual(["Needs attention"]);
    expect(".o_data_row").toHaveCount(2);
    await contains(".o_xero_tile[data-filter=synced]").click();
    expect(queryAllTexts(".o_searchview_facet")).toEqual(["Synced"]);
    expect(queryAllTexts(".o_data_cell[name=document_name]")).toEqual(["INV/0004"]);
});

test("the menus open the whole list when nothing in it needs attention", async () => {
    await mountList({ domain: [["id", "in", [3, 4]]], context: { search_default_attention: 1 } });
    expect(".o_searchview_facet").toHaveCount(0);
    expect(".o_data_row").toHaveCount(2);
});

test("another filter that is asked for stands alone", async () => {
    await mountList({ context: { search_default_attention: 1, search_default_waiting: 1 } });
    expect(queryAllTexts(".o_searchview_facet")).toEqual(["Waiting"]);
});

test("numbers and rows load again when a followed export has moved", async () => {
    const view = await mountList();
    MockServer.env["xero.export"].write([1], { state: "synced" });
    view.env.bus.trigger(PROGRESS);
    await animationFrame();
    expect(queryAllTexts(".o_xero_tile_number")).toEqual(["1", "1", "0", "2", "0"]);
    expect(queryAllTexts(".o_data_cell[name=state]")).toEqual(["synced", "failed", "waiting", "synced"]);
});

test("from right to left, the first tile is at the right, and no tile leaves the screen", async () => {
    await mountList();
    // Odoo's style sheet of a language that is written from right to left turns this
    queryOne(".o_xero_tiles").style.direction = "rtl";
    const tiles = queryAll(".o_xero_tile").map((tile) => tile.getBoundingClientRect());
    expect(tiles.every((tile, index) => !index || tile.right <= tiles[index - 1].left)).toBe(true);
    expect(tiles.at(-1).left).toBeGreaterThan(0);
});
