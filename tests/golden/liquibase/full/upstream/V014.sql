[Awa's own text of V014: 5878 bytes, sha256 ed167b4f1cb27eb09944bb69b22bc46bee5fba7253cdf31bf215baa8f02e3ac3]
