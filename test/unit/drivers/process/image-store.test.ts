import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestImage, imageBounds, imageDirectory, listImages } from '../../../../src/drivers/process/image-store.ts'

describe('the image store', () => {
  let images = ''
  let image = ''
  beforeEach(() => {
    images = mkdtempSync(join(tmpdir(), 'bladewright-images-'))
    image = join(images, 'shop')
    mkdirSync(join(image, 'lib'), { recursive: true })
    writeFileSync(join(image, 'server.js'), 'serve()')
    writeFileSync(join(image, 'lib/a.js'), 'a')
  })
  afterEach(() => rmSync(images, { recursive: true, force: true }))

  const digest = (directory = image) => {
    const result = digestImage(directory)
    if (!result.ok) throw new Error(result.detail)
    return result.value
  }
  const code = () => {
    const result = digestImage(image)
    return result.ok ? 'ok' : result.code
  }

  test('the digest is of paths and contents: copies and other modes have the same', () => {
    const before = digest()
    expect(before).toMatch(/^sha256:[0-9a-f]{64}$/)
    cpSync(image, join(images, 'copy'), { recursive: true })
    chmodSync(join(images, 'copy/server.js'), 0o755)
    expect(digest(join(images, 'copy'))).toBe(before)
  })

  test('another content, another name and another cut between name and contents give another digest', () => {
    const seen = new Set([digest()])
    writeFileSync(join(image, 'lib/a.js'), 'b')
    seen.add(digest())
    rmSync(join(image, 'lib/a.js'))
    writeFileSync(join(image, 'lib/b.js'), 'b')
    seen.add(digest())
    // The same letters in a row, cut elsewhere between name and contents.
    writeFileSync(join(image, 'x'), 'yz')
    seen.add(digest())
    rmSync(join(image, 'x'))
    writeFileSync(join(image, 'xy'), 'z')
    seen.add(digest())
    expect(seen.size).toBe(5)
  })

  test('a symbolic link is refused: to a file, to a directory, dangling, or as the image itself', () => {
    for (const target of ['/etc/passwd', '/etc', '/nowhere']) {
      symlinkSync(target, join(image, 'lib/link'))
      expect(code()).toBe('IMAGE_HAS_SYMLINK')
      rmSync(join(image, 'lib/link'))
    }
    symlinkSync(image, join(images, 'alias'))
    expect(listImages(images).get('alias')).toMatchObject({ ok: false, code: 'IMAGE_HAS_SYMLINK' })
    expect(code()).toBe('ok')
  })

  test('a pipe in an image is refused and does not hang the agent', () => {
    execFileSync('mkfifo', [join(image, 'pipe')])
    expect(code()).toBe('IMAGE_HAS_SYMLINK')
  })

  test('an image without server.js says what is missing', () => {
    rmSync(join(image, 'server.js'))
    expect(digestImage(image)).toMatchObject({ ok: false, code: 'IMAGE_UNUSABLE' })
    expect(digestImage(image)).toHaveProperty('detail', expect.stringContaining('server.js'))
  })

  test('an image beyond its bounds is refused before it is read', () => {
    writeFileSync(join(image, 'zeros'), '')
    truncateSync(join(image, 'zeros'), imageBounds.bytesMax)
    expect(code()).toBe('IMAGE_UNUSABLE')
  })

  test('no name leads out of the store', () => {
    for (const name of ['..', '../shop', '/etc', 'a/b', '', '.hidden'])
      expect(imageDirectory(images, name)).toBeUndefined()
    expect(imageDirectory(images, 'shop')).toBe(image)
  })

  test('the store lists its images with their digests, and what is wrong with the others', () => {
    mkdirSync(join(images, 'empty'))
    writeFileSync(join(images, 'README.md'), 'no image')
    expect([...listImages(images)]).toEqual([
      ['empty', expect.objectContaining({ ok: false, code: 'IMAGE_UNUSABLE' })],
      ['shop', { ok: true, value: digest() }],
    ])
  })
})
