// memory_slots: the positions of the M memory vectors in a segment: in front, at the end, or both.
// Layout    FRONT: at FIRST … FIRST+M-1; AT_END: at the last M of the row's `length` positions
const FRONT: bool = true;
const AT_END: bool = false;

// The memory vector inserted at position s; M if there is none.
fn memory_slot(s: u32, length: u32) -> u32 {
  if (FRONT && s >= sizes.FIRST && s < sizes.FIRST + sizes.M) { return s - sizes.FIRST; }
  if (AT_END && s + sizes.M >= length && s < length) { return s + sizes.M - length; }
  return sizes.M;
}

// The position that memory vector m is read out from: the last of its positions.
fn read_position(m: u32, length: u32) -> u32 {
  if (AT_END) { return length - sizes.M + m; }
  return sizes.FIRST + m;
}
