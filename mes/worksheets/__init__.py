"""Work sheets: what hangs at a machine, as PDF, and the strings that machines read.

An operation sheet (工序单) lists what one operation has to do over some orders, sorted as the shop works; a
material sheet (用料单) says what to saw or press of each material; a route card (流转卡) goes with one door set.
A machine code (机台码) is a template, stored as data: it turns one piece into the string that one machine takes.
It reads splitting, planning and the catalogue, is told nothing and moves nothing. Its only tables are the
templates and the papers that are too long to be drawn while somebody waits.
"""
