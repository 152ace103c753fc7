"""Scanning: the one door for every scan.

Words   scan 扫描, station 工位, device 终端, verdict 判定, label 标签
Rule    a scan is logged with its answer in the transaction of its effect; the same scan_id gets the stored answer
Order   rules.ORDER: what the person is told first
Calls   core.auth, core.activity; the features hand in one handler per kind (service.handle) and one
        resolver per letter of code (service.resolve_with), in mes/__init__.py
"""
