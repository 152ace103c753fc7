"""The catalogue: which doors can be ordered, and how each of them is split.

Words   door model 门型, profile 型材参数(减尺), part rule 零件规则, route 工艺路线, package rule 分包规则,
        factory pack 工厂包, version 版本, explosion 拆单
States  none; a model's rules are versions, of which one is current. A version is never changed.
Calls   erp.materials, erp.parties, core.codelists: a factory pack brings them along
Tells   nothing

The rules are pure and the heart of the house: `rules.explode.explode(document, line, stock)` gives the
pieces, requirements, packages and drawing of one set, `rules.explode.check` everything that stands against
it, and `rules.pack.read_pack` a whole factory, or every fault of its file. `rules.by_hand.by_hand(explosion, edits)`
gives the set as a person makes it otherwise than the rules.
"""
