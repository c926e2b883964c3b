// SPDX-License-Identifier: Apache-2.0

/** What a kernel's release (`uname -r`) is made of; it names folders. utsname has room for 64 bytes. */
const RELEASE = /^(?!\.{1,2}$)[\w.+~-]{1,64}$/;

/** Whether a text can be a kernel's release. */
export function isRelease(text: string): boolean {
  return RELEASE.test(text);
}
