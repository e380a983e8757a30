[Awa's own text of V004: 7197 bytes, sha256 c8bafb43e21342bcbc254514a4eef7987e12f8666bb74c5f324f09836bde886d]
