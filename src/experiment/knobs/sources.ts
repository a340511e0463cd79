// The publications that the knobs refer to.
export const rmt1M = 'Bulatov et al. 2023, arXiv:2304.11062';
export const rmt = 'Bulatov et al. 2022, arXiv:2207.06881';
export const lmRmt = 'LM-RMT, the code of Bulatov et al. 2022';
export const officialCode = 'the official code of RMT';
export const armt = 'Rodkin et al. 2024, arXiv:2407.04841';
export const armtCode = 'the code of ARMT (Rodkin et al. 2024)';
export const bert = 'Devlin et al. 2018, arXiv:1810.04805';
export const transformer = 'Vaswani et al. 2017, arXiv:1706.03762';
export const transformerXl = 'Dai et al. 2019, arXiv:1901.02860';
export const adam = 'Kingma & Ba 2014, arXiv:1412.6980';
export const adamW = 'Loshchilov & Hutter 2017, arXiv:1711.05101';
export const ours = 'our addition, not from the papers';
