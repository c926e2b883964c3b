// SPDX-License-Identifier: Apache-2.0

/**
 * Error numbers of Linux (asm-generic/errno.h; the same on x86-64 and arm64) that bpf(2), init_module(2) and the
 * module's device answer with. `node:os` knows those of libuv only.
 */
const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  3: "ESRCH",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  7: "E2BIG",
  8: "ENOEXEC",
  9: "EBADF",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  16: "EBUSY",
  17: "EEXIST",
  19: "ENODEV",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  25: "ENOTTY",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  34: "ERANGE",
  36: "ENAMETOOLONG",
  38: "ENOSYS",
  40: "ELOOP",
  71: "EPROTO",
  74: "EBADMSG",
  95: "EOPNOTSUPP",
  110: "ETIMEDOUT",
  126: "ENOKEY",
  127: "EKEYEXPIRED",
  128: "EKEYREVOKED",
  129: "EKEYREJECTED",
  524: "ENOTSUPP",
};

/** The name of a positive errno. */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `error ${errno}`;
}
