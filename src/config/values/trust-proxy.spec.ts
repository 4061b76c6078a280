import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { trustProxy } from './trust-proxy.js';

describe('trust proxy', () => {
  it.each([
    ['true', true],
    ['False', false],
    ['2', 2],
    ['loopback', 'loopback'],
    ['loopback,10.0.0.0/8', 'loopback, 10.0.0.0/8'],
    ['127.0.0.1, ::1, fd00::/8', '127.0.0.1, ::1, fd00::/8'],
  ])('reads %j in a form that Express takes', (value, expected) => {
    expect(trustProxy.parse(value)).toBe(expected);
    expect(() => express().set('trust proxy', trustProxy.parse(value))).not.toThrow();
  });

  it.each([['nginx'], ['10.0.0.0/33'], ['10.0.0.0/8/8'], ['10.0.0/8'], ['-1'], ['loopback,']])(
    'refuses %j',
    (value) => {
      expect(trustProxy.parse(value)).toBeUndefined();
    },
  );
});
