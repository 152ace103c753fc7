"""Machines: what each one is doing, since when and why; what it made; and the shifts in which it should run.

Words   state 状态, stop reason 停机原因, micro-stop 短停, shift 班次, break 休息, key machine 关键设备
States  the five of OPC 40550-1 (OPC UA for Woodworking): OFFLINE STANDBY READY WORKING ERROR; only changes are kept
Calls   mes.planning: which days are worked; mes.scanning: at which station a tablet stands
Tells   mes.machines.events.StatesTold; mes.efficiency reads what it needs for the third figure
"""
