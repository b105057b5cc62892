#!/usr/bin/env bash
# Writes June's samples of four ports, one every five minutes. Sample i of a port is taken at
# 2025-06-01T00:00:00Z (1748736000) + 300 × i seconds.
#
#   north n1   (7919 × i mod 8640) ÷ 10: each of 0, 0.1, 0.2 … 863.9 once, in a mixed order
#   north n2   the same ÷ 20
#   harbor h1  20, and 900 in samples 4000 to 4431: 432 of 8640, exactly 5 %
#   lake l1    from 21 June (i = 5760): 20, and 900 in the first 145 of 2880 samples, one more than 5 %
set -euo pipefail
awk 'BEGIN {
    print "epoch,customer,port,mbps"
    for (i = 0; i < 8640; i++) {
        time = 1748736000 + 300 * i
        mixed = (7919 * i) % 8640
        printf "%d,north,n1,%.1f\n", time, mixed / 10
        printf "%d,north,n2,%.2f\n", time, mixed / 20
        printf "%d,harbor,h1,%d\n", time, (i >= 4000 && i < 4432 ? 900 : 20)
        if (i >= 5760)
            printf "%d,lake,l1,%d\n", time, (i < 5760 + 145 ? 900 : 20)
    }
}'
