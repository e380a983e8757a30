[Awa's own text of V021: 4978 bytes, sha256 9c2cf25f95eabda4c66c14db0435a8fbbb44f5c16e90ec4cd8cf053c8162704a]
