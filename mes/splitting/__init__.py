"""Splitting 拆单: a confirmed order becomes door sets and pieces, once and for ever.

Words   door set 樘, piece 件, bundle 捆, remake 补件, release 下达
States  piece: PLANNED -> CUT -> MADE -> PACKED -> SHIPPED; VOID; REMAKE (scrapped, another piece replaces it)
Rule    explode on a read snapshot, then insert in bulk; frozen with the model's version, the hash of the
        parameters and the version of the evaluator; never exploded again. A large order is written in slices,
        void until the last one; what a release that broke off left is removed by the next
Records each release of an order: version, reason, minutes, and its lines with the touches of a hand
Owns    the piece and how far it has come; upper features move it by the conditional updates of service
Calls   erp.sales (released, progress), erp.stock (demand)
Tells   SetsWritten, SetsFrozen, SetsDropped, PieceReplaced
Hears   LineRemoved: what a release that broke off left of the line goes with it
"""
