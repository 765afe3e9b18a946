import { useBus } from "@web/core/utils/hooks";
import { Domain } from "@web/core/domain";
import { registry } from "@web/core/registry";
import { SearchModel } from "@web/search/search_model";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { ExportFixes } from "../export_fixes/export_fixes";
import { ExportTiles } from "../export_tiles/export_tiles";
import { PROGRESS } from "../follow/follow_dialog";

const ATTENTION = "search_default_attention";

/** The filter *Needs attention* of the menus is on only while the list has something that does, and not beside another one. */
export class ExportSearchModel extends SearchModel {
    async load(config) {
        const { [ATTENTION]: isAsked, ...context } = config.context || {};
        if (isAsked && !config.state) {
            const isAlone = !Object.keys(context).some((name) => name.startsWith("search_default_"));
            const domain = new Domain(config.domain || []).toList(context);
            if (!isAlone || !(await this.orm.call(config.resModel, "has_attention", [domain]))) {
                config = { ...config, context };
            }
        }
        return super.load(config);
    }
}

export class ExportListController extends ListController {
    setup() {
        super.setup();
        useBus(this.env.bus, PROGRESS, () => this.model.load());
    }
}

export class ExportListRenderer extends ListRenderer {
    static template = "account_xero.ExportListRenderer";
    static components = { ...ListRenderer.components, ExportFixes, ExportTiles };
}

export class ExportKanbanController extends KanbanController {
    setup() {
        super.setup();
        useBus(this.env.bus, PROGRESS, () => this.model.load());
    }
}

export class ExportKanbanRenderer extends KanbanRenderer {
    static template = "account_xero.ExportKanbanRenderer";
    static components = { ...KanbanRenderer.components, ExportFixes, ExportTiles };
}

registry.category("views").add("xero_export_list", {
    ...listView,
    SearchModel: ExportSearchModel,
    Controller: ExportListController,
    Renderer: ExportListRenderer,
});
registry.category("views").add("xero_export_kanban", {
    ...kanbanView,
    SearchModel: ExportSearchModel,
    Controller: ExportKanbanController,
    Renderer: ExportKanbanRenderer,
});
