import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** `name` is the key of the number in `retrieve_tiles` and the name of the search filter. */
const TILES = [
    { name: "failed", label: _t("Failed"), color: "danger" },
    { name: "waiting", label: _t("Waiting"), color: "info" },
    { name: "uncertain", label: _t("Uncertain"), color: "warning" },
    { name: "synced", label: _t("Synced"), color: "success" },
    { name: "skipped", label: _t("Skipped"), color: "secondary" },
];
// Synced exports whose document differs in Xero. The tile is shown only if there are any.
const DIFFERENT = { name: "different", label: _t("Different"), color: "warning" };
// The filter with which the menus open the list. A tile replaces it.
const ATTENTION = "attention";

/**
 * The number of exports in each state, above their list. A click toggles the filter of that name and removes the filters
 * of the other tiles.
 *
 * Loads on start and whenever the list is loaded again, so that the numbers match the rows.
 */
export class ExportTiles extends Component {
    static template = "account_xero.ExportTiles";
    static props = { list: Object };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ numbers: {} });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.state.numbers = await this.orm.call("xero.export", "retrieve_tiles", [this.env.searchModel.globalDomain]);
    }

    get tiles() {
        const filters = this.getFilters();
        const shown = this.state.numbers[DIFFERENT.name] ? [...TILES, DIFFERENT] : TILES;
        return shown.map((tile) => ({
            ...tile,
            number: this.state.numbers[tile.name] || 0,
            isActive: Boolean(filters[tile.name]?.isActive),
        }));
    }

    toggle(name) {
        const { searchModel } = this.env;
        const filters = this.getFilters();
        const others = Object.values(filters).filter((filter) => filter.name !== name);
        const otherIds = others.map((filter) => filter.id);
        searchModel.query = searchModel.query.filter((item) => !otherIds.includes(item.searchItemId));
        searchModel.toggleSearchItem(filters[name].id);
    }

    /** @returns {Object} the search filters of the tiles, and *Needs attention*, by name */
    getFilters() {
        const names = [...TILES, DIFFERENT].map((tile) => tile.name).concat(ATTENTION);
        const filters = this.env.searchModel.getSearchItems((item) => item.type === "filter" && names.includes(item.name));
        return Object.fromEntries(filters.map((filter) => [filter.name, filter]));
    }
}
